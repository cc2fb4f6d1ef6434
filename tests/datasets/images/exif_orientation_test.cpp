// Truths about the orientation of pictures: EXIF's number is found in either order of bytes and is 1 where anything is
// wrong with it, and each of the eight puts the first row and column where its definition says.
#include "datasets/images/exif_orientation.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "tests/support/image_files.h"
#include "tests/support/npy_files.h"

namespace adjoint {
namespace {

int orientation_of(const std::string& file) {
    return exif_orientation({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()});
}

struct Orders : testing::TestWithParam<bool> {
    const TiffOrder order{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Exif, Orders, testing::Bool());

TEST_P(Orders, AreReadAlike) {
    for (std::uint32_t orientation = 1; orientation <= 8; ++orientation) {
        EXPECT_EQ(orientation_of(tiff({.orientation = orientation}, order)), orientation);
    }
}

TEST_P(Orders, OfNoSuchOrientationAreUpright) {
    for (const std::uint32_t orientation : {0, 9, 256, 65535}) {
        EXPECT_EQ(orientation_of(tiff({.orientation = orientation}, order)), 1) << orientation;
    }
    EXPECT_EQ(orientation_of(tiff({.orientation = 6, .tag = 0x0113}, order)), 1);
    EXPECT_EQ(orientation_of(tiff({.orientation = 6, .type = 4}, order)), 1);
    EXPECT_EQ(orientation_of(tiff({.orientation = 6, .count = 2}, order)), 1);
    EXPECT_EQ(orientation_of(tiff({.orientation = 6, .count = 0}, order)), 1);
}

TEST_P(Orders, OfDamagedFilesAreUpright) {
    const std::string whole = tiff({.orientation = 6}, order);
    constexpr std::size_t value_end = 8 + 2 + 12 + 10;
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        EXPECT_EQ(orientation_of(whole.substr(0, length)), length < value_end ? 1 : 6) << length << " bytes";
    }
    const auto changed = [&](std::size_t at, const std::string& bytes) {
        return std::string(whole).replace(at, bytes.size(), bytes);
    };
    EXPECT_EQ(orientation_of(changed(0, "IM")), 1);
    EXPECT_EQ(orientation_of(changed(0, "MI")), 1);
    EXPECT_EQ(orientation_of(changed(2, order.number(43, 2))), 1);
    for (const std::uint32_t directory : {9u, 70u, 0x7fffffffu, 0xffffffffu}) {
        EXPECT_EQ(orientation_of(changed(4, order.number(directory, 4))), 1) << directory;
    }
    EXPECT_EQ(orientation_of(changed(8, order.number(1, 2))), 1);
    EXPECT_EQ(orientation_of(changed(8, order.number(65535, 2))), 6);
}

TEST_P(Orders, OfAnyBytesAreOneOfTheEight) {
    std::mt19937 random(7);
    for (int trial = 0; trial < 5000; ++trial) {
        const int orientation = orientation_of(damaged(tiff({.orientation = 6}, order), "\xff\x7f\x01", random));
        EXPECT_TRUE(1 <= orientation && orientation <= 8) << orientation;
    }
}

TEST(TurnUpright, PutsTheFirstRowAndTheFirstColumnWhereTheyBelong) {
    const std::string stored =
        "abc"
        "def";
    const std::vector<std::string> upright = {
        "abc"
        "def",  // 1: top, left
        "cba"
        "fed",  // 2: top, right
        "fed"
        "cba",  // 3: bottom, right
        "def"
        "abc",  // 4: bottom, left
        "ad"
        "be"
        "cf",  // 5: left, top
        "da"
        "eb"
        "fc",  // 6: right, top
        "fc"
        "eb"
        "da",  // 7: right, bottom
        "cf"
        "be"
        "ad"};  // 8: left, bottom
    for (const std::size_t channels : {1, 3}) {
        const auto pixels = [&](const std::string& letters) {
            std::vector<std::uint8_t> bytes;
            for (const char letter : letters) {
                for (std::size_t c = 0; c < channels; ++c) bytes.push_back(static_cast<std::uint8_t>(letter + 20 * c));
            }
            return bytes;
        };
        const std::vector<std::uint8_t> bytes = pixels(stored);
        for (int orientation = 1; orientation <= 8; ++orientation) {
            std::vector<std::uint8_t> result(bytes.size());
            turn_upright({2, 3, static_cast<Index>(channels), bytes.data()}, orientation, result);
            EXPECT_EQ(result, pixels(upright[static_cast<std::size_t>(orientation - 1)])) << orientation;
        }
    }
}

}  // namespace
}  // namespace adjoint
