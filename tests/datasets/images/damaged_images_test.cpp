// Truths about images that somebody damaged, on purpose or not: each is read or refused, and none is believed where a
// decoder would write beyond its tables.
#include <gtest/gtest.h>

#include "datasets/image_file.h"
#include "datasets/images/image_container.h"
#include "datasets/read_file.h"
#include "framework/tensor/random.h"
#include "tests/support/image_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

Tensor read(const std::string& content, Index channels) { return image_of(decode_picture("x", content, channels)); }

std::string jpeg_of(const Tensor& image) {
    const TemporaryDirectory directory;
    write_jpeg(directory / "x.jpg", image);
    return read_file(directory / "x.jpg");
}

std::string segment(std::uint8_t kind, const std::string& data) {
    const std::size_t length = data.size() + 2;
    return std::string{'\xff', static_cast<char>(kind), static_cast<char>(length >> 8), static_cast<char>(length)} +
           data;
}

// A JPEG of 8 × 8 greys, with another segment of this kind before its own.
std::string with_segment(const std::string& jpeg, std::uint8_t kind, const std::string& data) {
    return jpeg.substr(0, 2) + segment(kind, data) + jpeg.substr(2);
}

TEST(DamagedImages, RefuseTablesThatDecodersWouldWriteBeyond) {
    const std::string jpeg = jpeg_of(Tensor::full({8, 8, 3}, 0.5)), zeros(16, '\0');
    const auto said_of = [&](std::uint8_t kind, const std::string& data) {
        return error_about<DataError>("x", [&] { read(with_segment(jpeg, kind, data), 3); });
    };
    const std::string refused = "must be a PNG or JPEG image; got ";
    std::string many = zeros;  // 117 + 1 + 77 + 255 codes, as many as fit bits, but more than a byte can stand for
    many[8] = 117, many[10] = 1, many[11] = 77, many[13] = '\xff';
    EXPECT_EQ(said_of(0xc4, '\x02' + many + std::string(450, 'v')),
              refused + "a table of codes that cannot be, at byte 2");
    std::string three = zeros;
    three[0] = 3;  // codes of one bit
    EXPECT_EQ(said_of(0xc4, '\0' + three + "abc"), refused + "a table of codes that cannot be, at byte 2");
    EXPECT_EQ(said_of(0xc4, '\x04' + zeros), refused + "a table of codes that cannot be, at byte 2") << "number 4";
    EXPECT_EQ(said_of(0xdb, '\x04' + std::string(64, 'q')), refused + "a table of divisors that cannot be, at byte 2");
    EXPECT_EQ(said_of(0xdb, '\x10' + std::string(64, 'q')), refused + "a table of divisors that cannot be, at byte 2");
    EXPECT_EQ(said_of(0xda, std::string("\1\1\0\0\x3f\0", 6)),
              refused + "a scan of other components than the frame has, at byte 2");
    EXPECT_EQ(said_of(0xc0, std::string("\x8\0\x8\0\x8\1\1\x51\0", 9)), refused + "a frame that cannot be, at byte 2");
    EXPECT_EQ(said_of(0xdd, "one"), refused + "a restart interval that cannot be, at byte 2");
    EXPECT_EQ(said_of(0xc4, '\x03' + zeros), "no error") << "a table without codes";
}

TEST(DamagedImages, RefuseTheFirstNumberThatTheFormatDoesNotHave) {
    const std::string frame("\x8\0\x8\0\x8\3\1\x11\0\2\x11\1\3\x11\2", 15), scan("\3\1\0\2\x11\3\x22\0\x3f\0", 10);
    const auto damage_of = [](const std::string& header, const std::string& scan_header) {
        const std::string file = "\xff\xd8" + segment(0xc0, header) + segment(0xda, scan_header) + "\xff\xd9";
        return inspect_image({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}).damage;
    };
    const auto with = [](std::string data, std::size_t at, int byte) {
        data[at] = static_cast<char>(byte);
        return data;
    };
    EXPECT_EQ(damage_of(frame, scan), "");
    struct Limit {
        std::size_t at;
        int good, bad;
    };
    const std::vector<Limit> of_frame = {
        {2, 1, 0},        // the last byte of the height
        {4, 1, 0},        // the last byte of the width
        {7, 0x41, 0x51},  // samples across, at most 4
        {7, 0x11, 0x01},  // samples across, at least 1
        {7, 0x14, 0x15},  // samples down, at most 4
        {7, 0x11, 0x10},  // samples down, at least 1
        {8, 3, 4},        // divisors of the first component
        {11, 3, 4}        // divisors of the second
    };
    const std::vector<Limit> of_scan = {
        {1, 3, 4},        // the first component's name
        {2, 0x30, 0x40},  // codes of its mean
        {2, 0x03, 0x04},  // codes of the rest
        {6, 0x30, 0x40},  // codes of the third component's mean
        {7, 63, 64},      // the first coefficient
        {8, 63, 64},      // the last coefficient
        {9, 0xd0, 0xe0},  // bits that came before
        {9, 0x0d, 0x0e}   // bits that come now
    };
    for (const auto& [at, good, bad] : of_frame) {
        EXPECT_EQ(damage_of(with(frame, at, good), scan), "") << at;
        EXPECT_EQ(damage_of(with(frame, at, bad), scan), "a frame that cannot be, at byte 2") << at;
    }
    for (const auto& [at, good, bad] : of_scan) {
        const std::string refused = "a scan of other components than the frame has, at byte 21";
        EXPECT_EQ(damage_of(frame, with(scan, at, good)), "") << at;
        EXPECT_EQ(damage_of(frame, with(scan, at, bad)), refused) << at;
    }
    for (int components = 1; components <= 5; ++components) {
        std::string all("\x8\0\x8\0\x8", 5);
        all += static_cast<char>(components);
        for (char name = 1; name <= components; ++name) all += name, all += "\x11", all += '\0';
        EXPECT_EQ(damage_of(all, std::string("\1\1\0\0\x3f\0", 6)) == "", components <= 4);
    }
}

// Bytes of a file at random places become others, or are left out.
std::string damaged(std::string file, const Random& random) {
    RandomStream stream(random);
    for (Index count = stream.between(1, 8); count > 0; --count) {
        const auto at = static_cast<std::size_t>(stream.between(2, std::ssize(file) - 1));
        if (stream.chance(0.1)) {
            file.erase(at, static_cast<std::size_t>(stream.between(1, 20)));
        } else {
            file[at] = static_cast<char>(stream.between(0, 255));
        }
    }
    return file;
}

TEST(DamagedImages, OfAnyDamageAreReadOrRefused) {
    const Tensor noise = Random(1).uniform({19, 21, 3});
    const std::string jpeg = jpeg_of(noise), png = png_of(noise),
                      indexed = png_of(
                          IndexedPng{.width = 3, .height = 2, .indices = "\1\2\3\0\1\2", .palette = "abcdefghijkl"});
    int refused = 0, read_well = 0;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        const Random random = Random(7).stream(seed);
        const std::string file = seed % 3 == 0   ? damaged(jpeg, random)
                                 : seed % 3 == 1 ? with_right_checksums(damaged(png, random))
                                                 : with_right_checksums(damaged(indexed, random));
        try {
            read(file, seed % 2 == 0 ? 1 : 3);
            ++read_well;
        } catch (const DataError&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 500);
    EXPECT_GT(read_well, 500);
}

}  // namespace
}  // namespace adjoint
