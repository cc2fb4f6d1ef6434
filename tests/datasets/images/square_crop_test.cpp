// Truths about fitting pictures to a size: a picture of that size stays as it is, one colour stays that colour, whole
// factors average, and what is cut off has no say.
#include "datasets/images/square_crop.h"

#include <gtest/gtest.h>
#include <numeric>
#include <utility>
#include <vector>

#include "tests/support/expectations.h"

namespace adjoint {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<float> cropped(const PixelView& picture, Index side) {
    std::vector<float> image(static_cast<std::size_t>(side * side * picture.channels));
    square_crop(picture, side, image);
    return image;
}

TEST(SquareCrop, KeepsEveryBitOfAPictureOfThatSize) {
    Bytes bytes(8 * 8 * 3);
    std::iota(bytes.begin(), bytes.end(), 0);
    const std::vector<float> image = cropped({8, 8, 3, bytes.data()}, 8);
    for (std::size_t i = 0; i < image.size(); ++i) EXPECT_EQ(image[i], static_cast<float>(bytes[i]) / 255.0f);
}

TEST(SquareCrop, TakesTheSquareInTheMiddle) {
    const Bytes wide = {9, 9, 1, 2, 9, 9, 9, 9, 3, 4, 9, 9}, tall = {9, 9, 1, 2, 3, 4, 9, 9};
    for (const std::vector<float>& image : {cropped({2, 6, 1, wide.data()}, 2), cropped({4, 2, 1, tall.data()}, 2)}) {
        for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(image[i], static_cast<float>(i + 1) / 255.0f);
    }
}

TEST(SquareCrop, KeepsOneColourAtEverySize) {
    const Bytes bytes(50 * 70 * 3, 200);
    for (const Index side : {1, 7, 28, 49, 50, 51, 128}) {
        for (const float value : cropped({50, 70, 3, bytes.data()}, side)) EXPECT_NEAR(value, 200 / 255.0, 1e-6);
    }
}

TEST(SquareCrop, WeighsPixelsByATriangle) {
    const Bytes bytes = {0, 80, 160, 240, 0, 80, 160, 240, 0, 80, 160, 240, 0, 80, 160, 240};
    // r = 2: output 0 lies at u = 1, and pixels ½, 1½, 2½ weigh ¾, ¾, ¼.
    const double left = (0.75 * 0 + 0.75 * 80 + 0.25 * 160) / 1.75 / 255;
    const std::vector<float> half = cropped({4, 4, 1, bytes.data()}, 2);
    for (const std::size_t row : {0, 1}) {
        EXPECT_NEAR(half[2 * row], left, 1e-6);
        EXPECT_NEAR(half[2 * row + 1], 240.0 / 255 - left, 1e-6);
    }
    // r = 1: output 1 lies at u = ¾, so pixel ½ weighs ¾ and pixel 1½ weighs ¼.
    const std::vector<float> twice = cropped({4, 4, 1, bytes.data()}, 8);
    EXPECT_NEAR(twice[1], 0.25 * 80 / 255, 1e-6);
    EXPECT_NEAR(twice[2], 0.75 * 80 / 255, 1e-6);
    EXPECT_EQ(twice[0], 0.0f);
}

TEST(SquareCrop, RefusesAnImageOfAnotherSize) {
    const Bytes bytes(12);
    std::vector<float> image(5);
    EXPECT_EQ(
        error_of([&] {
            square_crop({3, 4, 1, bytes.data()}, 2, image);
        }),
        "square_crop: the image must have room for 2 × 2 × 1 pixels of a picture that has some; got room for 5 of "
        "3 × 4");
}

TEST(SuitableSide, IsTheLargestOfThreeThatIsNotLargerOr28) {
    const std::vector<std::pair<Index, Index>> suitable = {{1, 28},  {28, 28}, {31, 28}, {32, 32},
                                                           {63, 32}, {64, 64}, {999, 64}};
    for (const auto& [side, expected] : suitable) EXPECT_EQ(suitable_side(side), expected) << side;
}

}  // namespace
}  // namespace adjoint
