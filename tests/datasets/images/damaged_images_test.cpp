// Truths about images that somebody damaged, on purpose or not: each is read or refused, and none is believed where a
// decoder would write beyond its tables.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

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

std::string damage_of_bytes(const std::string& file) {
    return inspect_image({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}).damage;
}

std::string damage_of_jpeg(const std::string& segments) { return damage_of_bytes("\xff\xd8" + segments + "\xff\xd9"); }

std::string all_divisors() {
    std::string tables;
    for (char number = 0; number < 4; ++number) tables.append(1, number).append(64, '\1');
    return segment(0xdb, tables);
}

// Of three components, each with divisors of its own.
const std::string frame("\x8\0\x8\0\x8\3\1\x11\0\2\x11\1\3\x11\2", 15), scan("\3\1\0\2\x11\3\x22\0\x3f\0", 10);

// How many bytes the only IDAT of a PNG has.
std::uint32_t packed_size(const std::string& png) {
    const std::size_t around = 8 + 25 + 12 + 12;  // signature, IHDR, and what is not data of IDAT and IEND
    return static_cast<std::uint32_t>(png.size() - around);
}

// With a byte of data.
std::string scan_of(char component) { return segment(0xda, std::string{1, component, 0, 0, 63, 0}) + "x"; }
std::string whole_scan(const std::string& header = scan) { return segment(0xda, header) + "x"; }

TEST(DamagedImages, OfWhichAPartIsMissingAreNoJpegs) {
    const std::string divisors = all_divisors(), head = segment(0xc0, frame);
    EXPECT_EQ(damage_of_jpeg(divisors + head + whole_scan()), "");
    EXPECT_EQ(damage_of_jpeg(divisors + head + scan_of(1) + scan_of(2) + scan_of(3)), "");
    EXPECT_EQ(damage_of_jpeg(divisors), "an end without a frame before it, at byte 266");
    EXPECT_EQ(damage_of_jpeg(divisors + head), "an end before every component has a scan, at byte 285");
    EXPECT_EQ(damage_of_jpeg(divisors + head + scan_of(1) + scan_of(3)),
              "an end before every component has a scan, at byte 307");
    EXPECT_EQ(damage_of_jpeg(head + whole_scan()), "a scan of a component without divisors, at byte 21");
    for (char missing = 0; missing < 3; ++missing) {
        std::string two;
        for (char number = 0; number < 3; ++number) {
            if (number != missing) two.append(1, number).append(64, '\1');
        }
        EXPECT_EQ(damage_of_jpeg(segment(0xdb, two) + head + whole_scan()),
                  "a scan of a component without divisors, at byte 155");
    }
}

TEST(DamagedImages, OfMoreScansThanAnybodyMakesAreRefused) {
    std::string many = all_divisors() + segment(0xc2, frame) + whole_scan();
    for (int scans = 1; scans < 100; ++scans) many += scan_of(1);
    EXPECT_EQ(damage_of_jpeg(many), "");
    EXPECT_EQ(damage_of_jpeg(many + scan_of(1)), "more scans than 100, at byte 1389");
}

TEST(DamagedImages, OfKindsThatAreNotReadAreSaidToBeSo) {
    std::string twelve_bits = frame;
    twelve_bits[0] = 12;
    EXPECT_EQ(damage_of_jpeg(segment(0xc1, twelve_bits)),
              "a frame of other than 8 bits a sample, which is not read, at byte 2");
    for (const std::uint8_t kind : {0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf}) {
        EXPECT_EQ(damage_of_jpeg(segment(kind, frame)),
                  "a frame that is lossless, arithmetic or one of several, at byte 2");
    }
}

TEST(DamagedImages, HaveHeadersThatPngDoesNotHave) {
    const std::string usual = png_of(RawPng{.rows = std::string(2, '\0')});
    EXPECT_EQ(damage_of_bytes(usual), "");
    EXPECT_EQ(damage_of_bytes(png_of(RawPng{.width = 0, .height = 7})), "a PNG of 0 × 7 pixels");
    EXPECT_EQ(damage_of_bytes(png_of(RawPng{.width = 7, .height = 0})), "a PNG of 7 × 0 pixels");
    EXPECT_EQ(damage_of_bytes(png_of(RawPng{.width = 1u << 31, .height = 7})), "a PNG of 2147483648 × 7 pixels");
    EXPECT_EQ(damage_of_bytes(png_of(RawPng{.width = 7, .height = 1u << 31})), "a PNG of 7 × 2147483648 pixels");
    EXPECT_EQ(damage_of_bytes(png_of(RawPng{.rest = "\x08"})), "a PNG of a header of 9 bytes");
    for (std::size_t way = 2; way < 5; ++way) {
        RawPng png;
        png.rest[way] = 2;
        EXPECT_EQ(damage_of_bytes(png_of(png)),
                  "a PNG of a way to compress, filter or interlace that PNG does not have");
    }
    const std::string header = usual.substr(8, 25), rest = usual.substr(33), signature = usual.substr(0, 8);
    EXPECT_EQ(damage_of_bytes(signature + rest), "a PNG whose header is not its first chunk");
    EXPECT_EQ(damage_of_bytes(signature + header + header + rest), "a PNG whose header is not its first chunk");
    EXPECT_EQ(damage_of_bytes(signature + png_chunk("CgBI", "") + header + rest),
              "a PNG whose header is not its first chunk");
    EXPECT_EQ(damage_of_bytes(signature + header + png_chunk("IEND", "")), "a PNG without pixels");
}

// Grey 0, RGB 2, palette 3, grey and opacity 4, RGB and opacity 6.
TEST(DamagedImages, AreOfNoTypeOfPixelsThatPngHas) {
    const std::map<int, std::set<int>> depths = {
        {0, {1, 2, 4, 8, 16}}, {2, {8, 16}}, {3, {1, 2, 4, 8}}, {4, {8, 16}}, {6, {8, 16}}};
    for (int type = 0; type < 256; ++type) {
        for (int depth = 0; depth < 256; ++depth) {
            const std::string rest{static_cast<char>(depth), static_cast<char>(type), 0, 0, 0};
            const bool exists = depths.contains(type) && depths.at(type).contains(depth);
            EXPECT_EQ(damage_of_bytes(png_of(RawPng{.rest = rest})),
                      exists ? "" : fmt::format("a PNG of pixels of type {} and {} bits", type, depth));
        }
    }
}

TEST(DamagedImages, WithFewerPixelsThanTheirHeaderSaysAreRefused) {
    const auto rows = [](int count) { return std::string(static_cast<std::size_t>(31 * count), '\0'); };
    EXPECT_EQ(read(png_of(RawPng{.width = 30, .height = 30, .rows = rows(30)}), 1).shape(), (Shape{30, 30, 1}));
    EXPECT_EQ(
        error_about<DataError>("x", [&] { read(png_of(RawPng{.width = 30, .height = 30, .rows = rows(29)}), 1); }),
        "must be a PNG or JPEG image; got not enough pixels");
}

TEST(DamagedImages, LargerThanAnybodyReadsAreRefusedByTheirHeaders) {
    const std::string sides("\x20\x01\x20\x00", 4);  // 8193 and 8192
    const std::string large = all_divisors() + segment(0xc0, frame.substr(0, 1) + sides + frame.substr(5));
    const std::string data(400'000, 'x');
    EXPECT_EQ(error_about<DataError>("x", [&] { read("\xff\xd8" + large + whole_scan() + data + "\xff\xd9", 1); }),
              "must have at most 67108864 pixels; got 8192 × 8193");
    const RawPng wide = {.width = 100'000, .rows = std::string(100'001, '\0')};
    EXPECT_EQ(read(png_of(wide), 1).shape(), (Shape{1, 100'000, 1}));
}

// Deflate makes 1032 bytes of one at most: what is too short for the pixels is known before memory is taken for them.
TEST(DamagedImages, WithMorePixelsThanTheirDataCanHoldAreRefusedByTheirHeaders) {
    const std::string zeros(std::size_t{1} << 20, '\0');
    const std::string data = png_of(RawPng{.width = 1 << 20, .rows = zeros});
    for (const auto& [type, numbers] : std::vector<std::pair<char, std::uint32_t>>{{0, 1}, {2, 3}, {4, 2}, {6, 4}}) {
        for (const char depth : {8, 16}) {
            const std::string rest{depth, type, 0, 0, 0};
            const std::uint32_t bytes = numbers * static_cast<std::uint32_t>(depth) / 8, packed = packed_size(data);
            const auto damage_of = [&](std::uint32_t width) {
                return damage_of_bytes(png_of(RawPng{.width = width, .rest = rest, .rows = zeros}));
            };
            EXPECT_EQ(damage_of(1032 * packed / bytes), "");
            EXPECT_EQ(damage_of(1032 * packed / bytes + 1), "not enough pixels");
        }
    }
    EXPECT_EQ(damage_of_bytes(png_of(RawPng{.width = 0x7fffffff, .height = 0x7fffffff})), "not enough pixels");
}

TEST(DamagedImages, RefuseTheFirstNumberThatTheFormatDoesNotHave) {
    const auto damage_of = [](const std::string& header, const std::string& scan_header) {
        return damage_of_jpeg(all_divisors() + segment(0xc0, header) + whole_scan(scan_header));
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
        {1, 1, 4},        // the first component's name
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
        EXPECT_EQ(damage_of(with(frame, at, bad), scan), "a frame that cannot be, at byte 266") << at;
    }
    for (const auto& [at, good, bad] : of_scan) {
        const std::string refused = "a scan of other components than the frame has, at byte 285";
        EXPECT_EQ(damage_of(frame, with(scan, at, good)), "") << at;
        EXPECT_EQ(damage_of(frame, with(scan, at, bad)), refused) << at;
    }
    for (int components = 1; components <= 5; ++components) {
        std::string all("\x8\0\x8\0\x8", 5), of_all;
        all += static_cast<char>(components);
        of_all += static_cast<char>(components);
        for (char name = 1; name <= components; ++name) {
            all += name, all += "\x11", all += '\0';
            of_all += name, of_all += '\0';
        }
        EXPECT_EQ(damage_of(all, of_all + std::string("\0\x3f\0", 3)) == "", components <= 4);
    }
}

// Blocks of 8 × 8 samples, each of a bit at least; the frame's components are sampled so often across and down.
TEST(DamagedImages, OfJpegsNeedABitForEachBlock) {
    struct Sampling {
        std::string each;  // of the three components
        std::size_t blocks;
    };
    for (const auto& [each, blocks] : std::vector<Sampling>{
             {"\x11\x11\x11", 3 * 64 * 32}, {"\x22\x11\x11", 64 * 32 * 3 / 2}, {"\x41\x14\x11", 64 * 32 * 9 / 16}}) {
        std::string sampled = frame;
        sampled[1] = 2, sampled[2] = 0, sampled[3] = 1, sampled[4] = 0;  // 512 × 256 pixels
        for (std::size_t c = 0; c < 3; ++c) sampled[7 + 3 * c] = each[c];
        const auto damage_of = [&](std::size_t bytes) {
            return damage_of_jpeg(all_divisors() + segment(0xc0, sampled) + segment(0xda, scan) +
                                  std::string(bytes, 'x'));
        };
        EXPECT_EQ(damage_of(blocks / 8), "");
        EXPECT_TRUE(damage_of(blocks / 8 - 1).starts_with("an end before every block has a bit, at byte "));
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
