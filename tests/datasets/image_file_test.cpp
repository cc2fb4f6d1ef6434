// Truths about image files: grey and coloured pictures of either kind are read as either and upright, and damage of
// every kind is refused in words.
#include "datasets/image_file.h"

#include <array>
#include <gtest/gtest.h>
#include <map>

#include "datasets/read_file.h"
#include "framework/tensor/random.h"
#include "tests/support/image_files.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct ImageFiles : testing::Test {
    /// An image of noise under this name, as JPEG or PNG by its extension.
    void add(const std::string& name, const Shape& shape) const {
        const Tensor image = Random(1).uniform(shape);
        if (name.ends_with(".jpg")) write_jpeg(directory / name, image);
        if (name.ends_with(".png")) write_png(directory / name, image);
    }
    /// The same file with one bit of this byte turned.
    void turn_bit(const std::string& name, std::size_t byte) const {
        std::string bytes = read_file(directory / name);
        bytes[byte] = static_cast<char>(bytes[byte] ^ 1);
        write_bytes(directory / name, bytes);
    }
    std::string refusal_of(const std::string& name) const {
        return error_about<Error>(directory / name, [&] { read_image(directory / name, 1); });
    }
    /// The picture in this file, or why there is none.
    Tensor read(const std::string& content, Index channels) const {
        write_bytes(directory / "file", content);
        return read_image(directory / "file", channels);
    }
    std::string refusal_of_bytes(const std::string& content) const {
        write_bytes(directory / "file", content);
        return refusal_of("file");
    }
    TemporaryDirectory directory;
};

TEST_F(ImageFiles, ReadGreyAndColouredPicturesAsEither) {
    add("grey.png", {3, 5, 1});
    add("coloured.png", {3, 5, 3});
    const Tensor grey = read_image(directory / "grey.png", 1), coloured = read_image(directory / "grey.png", 3);
    ASSERT_EQ(coloured.shape(), (Shape{3, 5, 3}));
    for (Index i = 0; i < coloured.size(); ++i) EXPECT_EQ(coloured[i], grey[i / 3]);
    expect_equal(read_image(directory / "coloured.png", 3), Random(1).uniform({3, 5, 3}), 0.5 / 255 + 1e-6);
    EXPECT_EQ(read_image(directory / "coloured.png", 1).shape(), (Shape{3, 5, 1}));
}

TEST_F(ImageFiles, ReadJpegs) {
    const Tensor image = Tensor({8, 8, 3}, std::vector<double>(192, 0.6));
    write_jpeg(directory / "even.jpg", image);
    expect_equal(read_image(directory / "even.jpg", 3), image, 2.0 / 255);
}

TEST_F(ImageFiles, RefuseFilesThatEndEarlyWhereverTheyDo) {
    for (const std::string name : {"x.png", "x.jpg"}) {
        add(name, {20, 20, 3});
        const std::string whole = read_file(directory / name);
        for (std::size_t length = 8; length < whole.size(); length += 1 + length / 4) {
            write_bytes(directory / name, whole.substr(0, length));
            EXPECT_EQ(refusal_of(name), "must be a PNG or JPEG image; got a file that ends before its image does")
                << length << " bytes of " << whole.size();
        }
        write_bytes(directory / name, whole + "and more");
        EXPECT_EQ(read_image(directory / name, 3).shape(), (Shape{20, 20, 3}));
    }
}

TEST_F(ImageFiles, RefuseAPngOfWhichAnyBitIsWrong) {
    add("x.png", {6, 6, 1});
    const std::size_t size = read_file(directory / "x.png").size();
    for (std::size_t byte = 0; byte < size; ++byte) {
        add("x.png", {6, 6, 1});
        turn_bit("x.png", byte);
        EXPECT_TRUE(refusal_of("x.png").starts_with("must be a PNG or JPEG image; got ")) << "byte " << byte;
    }
    add("x.png", {6, 6, 1});
    turn_bit("x.png", 33 + 8 + 2);  // of the first IDAT, after the signature of 8 bytes and IHDR of 25
    EXPECT_EQ(refusal_of("x.png"), "must be a PNG or JPEG image; got a wrong checksum of the chunk at byte 33");
}

TEST_F(ImageFiles, RefuseWhatIsNoImageAtAll) {
    const std::string no_image = "must be a PNG or JPEG image; got ";
    for (const auto& [content, what] : {std::pair<std::string, std::string>{"", "an empty file"},
                                        {"text", "a file of another kind"},
                                        {"GIF89a\1\1\1\1", "a file of another kind"}}) {
        write_bytes(directory / "x.png", content);
        EXPECT_EQ(refusal_of("x.png"), no_image + what);
    }
    EXPECT_EQ(refusal_of("none.png"), "cannot be read; got No such file or directory");
    fs::create_directory(directory / "folder.png");
    EXPECT_EQ(refusal_of("folder.png"), "must be a file; got a directory");
}

// ---- orientation

// Pixels [H, W, 3] of blocks of so many pixels, each of the colour that a letter stands for.
Tensor blocks(const std::vector<std::string>& rows, Index side) {
    const std::map<char, std::array<double, 3>> colours = {{'a', {1, 0, 0}}, {'b', {0, 1, 0}}, {'c', {0, 0, 1}},
                                                           {'d', {1, 1, 0}}, {'e', {0, 0, 0}}, {'f', {1, 1, 1}}};
    const Index height = std::ssize(rows) * side, width = std::ssize(rows[0]) * side;
    std::vector<double> pixels;
    for (Index i = 0; i < height; ++i) {
        for (Index j = 0; j < width; ++j) {
            const char letter = rows[static_cast<std::size_t>(i / side)][static_cast<std::size_t>(j / side)];
            pixels.insert(pixels.end(), colours.at(letter).begin(), colours.at(letter).end());
        }
    }
    return Tensor({height, width, 3}, pixels);
}

const std::vector<std::vector<std::string>> upright_pictures = {
    {"abc", "def"},     {"cba", "fed"},     {"fed", "cba"},     {"def", "abc"},
    {"ad", "be", "cf"}, {"da", "eb", "fc"}, {"fc", "eb", "da"}, {"cf", "be", "ad"}};

TEST_F(ImageFiles, AreReadUprightHoweverTheCameraWasHeld) {
    write_jpeg(directory / "stored.jpg", blocks({"abc", "def"}, 8));
    const std::string jpeg = read_file(directory / "stored.jpg"), png = png_of(blocks({"abc", "def"}, 1));
    for (std::uint32_t orientation = 1; orientation <= 8; ++orientation) {
        const std::vector<std::string>& upright = upright_pictures[orientation - 1];
        for (const bool little_endian : {false, true}) {
            const std::string exif = tiff({.orientation = orientation}, {little_endian});
            expect_equal(read(with_exif(png, exif), 3), blocks(upright, 1));
            expect_equal(read(with_exif(jpeg, exif), 3), blocks(upright, 8), 3.0 / 255);
            EXPECT_EQ(read(with_exif(jpeg, exif), 1).shape(),
                      (Shape{std::ssize(upright) * 8, std::ssize(upright[0]) * 8, 1}));
        }
    }
}

TEST_F(ImageFiles, AreReadAsTheyAreStoredWhereExifIsDamagedOrSomethingElse) {
    add("x.jpg", {8, 16, 1});
    const std::string jpeg = read_file(directory / "x.jpg"), exif = tiff({.orientation = 6}, {true});
    const Tensor stored = read_image(directory / "x.jpg", 1);
    for (const std::string& other :
         {with_exif(jpeg, exif.substr(0, 20)), with_exif(jpeg, ""), with_exif(jpeg, tiff({.orientation = 9}, {true})),
          std::string(with_exif(jpeg, exif)).replace(6, 4, "Adob")}) {
        EXPECT_TRUE(identical(read(other, 1), stored));
    }
    const std::string first = tiff({.orientation = 5}, {true}), second = tiff({.orientation = 1}, {true});
    EXPECT_EQ(read(with_exif(with_exif(jpeg, second), first), 1).shape(), (Shape{16, 8, 1}));
    const std::string xmp = "\xff\xe1" + std::string("\0\x08", 2) + "http:/";
    EXPECT_EQ(read(std::string(with_exif(jpeg, exif)).insert(2, xmp), 1).shape(), (Shape{16, 8, 1}));
}

// ---- palettes

// 11 × 9 pixels of all these colours in turn, which are noise.
IndexedPng pattern(int depth, int colours) {
    IndexedPng png = {.width = 11, .height = 9, .depth = depth, .indices = std::string(99, '\0'), .palette = ""};
    for (std::size_t p = 0; p < 99; ++p) png.indices[p] = static_cast<char>(p * 7 % static_cast<std::size_t>(colours));
    for (int i = 0; i < 3 * colours; ++i)
        png.palette->push_back(static_cast<char>(Random(1).below(256, static_cast<std::uint64_t>(i))));
    return png;
}

Tensor colours_of(const IndexedPng& png) {
    std::vector<double> pixels;
    for (const char index : png.indices) {
        for (std::size_t c = 0; c < 3; ++c) {
            const char byte = (*png.palette)[3 * static_cast<unsigned char>(index) + c];
            pixels.push_back(static_cast<unsigned char>(byte) / 255.0);
        }
    }
    return Tensor({png.height, png.width, 3}, pixels);
}

// Calls check(png, colours) for every depth, with and without opacities, in order and interlaced.
void for_patterns(const auto& check) {
    for (const auto& [depth, colours] : std::vector<std::pair<int, int>>{
             {1, 1}, {1, 2}, {2, 3}, {2, 4}, {4, 11}, {4, 16}, {8, 17}, {8, 97}, {8, 256}}) {
        const std::string opaque(static_cast<std::size_t>(colours), '\x80');
        for (const std::optional<std::string>& opacity :
             {std::optional<std::string>(), std::optional<std::string>(""), std::optional(opaque)}) {
            for (const bool interlaced : {false, true}) {
                IndexedPng png = pattern(depth, colours);
                png.opacity = opacity;
                png.interlaced = interlaced;
                check(png, colours);
            }
        }
    }
}

TEST_F(ImageFiles, HaveTheColoursOfTheirPalettes) {
    for_patterns([&](const IndexedPng& png, int) {
        const Tensor expected = colours_of(png);
        expect_equal(read(png_of(png), 3), expected, 1e-7);
        EXPECT_TRUE(identical(read(png_of(png), 1), read(png_of(expected), 1)));
    });
}

TEST_F(ImageFiles, WithAnIndexBeyondThePaletteAreRefused) {
    int refused = 0;
    for_patterns([&](IndexedPng png, int colours) {
        if (colours == 1 << png.depth) return;  // there is none
        const int index = std::max(colours, (1 << png.depth) - 2);
        png.indices[50] = static_cast<char>(index);
        EXPECT_EQ(refusal_of_bytes(png_of(png)),
                  fmt::format("must be a PNG or JPEG image; got a palette index of {} in a palette of {} colours",
                              index, colours));
        ++refused;
    });
    EXPECT_EQ(refused, 5 * 3 * 2);
}

TEST_F(ImageFiles, OfIndicesWithoutAPaletteAreRefused) {
    IndexedPng png = pattern(4, 16);
    png.palette_late = true;
    EXPECT_EQ(refusal_of_bytes(png_of(png)), "must be a PNG or JPEG image; got no palette");
    for (const auto& [palette, what] : {std::pair<std::optional<std::string>, std::string>{std::nullopt, "no palette"},
                                        {"", "no palette"},
                                        {"RGBR", "invalid PLTE"},
                                        {std::string(3 * 257, 'x'), "invalid PLTE"}}) {
        png = pattern(4, 16);
        png.palette = palette;
        EXPECT_EQ(refusal_of_bytes(png_of(png)), "must be a PNG or JPEG image; got " + what);
    }
    png = pattern(8, 256);
    png.depth = 16;
    EXPECT_EQ(refusal_of_bytes(png_of(png)), "must be a PNG or JPEG image; got a PNG of pixels of type 3 and 16 bits");
}

// ---- damage that leaves the container whole

TEST_F(ImageFiles, OfWhichAPartIsMissingAreTheSameEveryTime) {
    write_jpeg(directory / "x.jpg", Tensor::full({32, 32, 3}, 0.6));
    const std::string whole = read_file(directory / "x.jpg");
    // After every block there should be a restart, and there is none: only the first block is decoded.
    const std::string missing = std::string(whole).insert(2, std::string("\xff\xdd\0\4\0\1", 6));
    const Tensor first = read(missing, 3);
    for (const int byte : {0x55, 0xaa}) {
        std::vector<std::vector<int>> dirt(64, std::vector<int>(1024, byte));  // what the decoder's memory held before
        dirt.clear();
        EXPECT_TRUE(identical(read(missing, 3), first));
    }
}

TEST_F(ImageFiles, RefuseJpegsOfWhichASegmentIsWrong) {
    add("x.jpg", {8, 8, 1});
    const std::string whole = read_file(directory / "x.jpg");
    const std::string no_image = "must be a PNG or JPEG image; got ";
    for (const char length : {0, 1}) {
        const std::string segment = {'\xff', '\xe1', 0, length};
        EXPECT_EQ(refusal_of_bytes(std::string(whole).insert(2, segment)),
                  no_image + "a segment without a length, at byte 2");
    }
    EXPECT_EQ(refusal_of_bytes(std::string(whole).insert(20, "x")),
              no_image + "0x78 where a segment should begin, at byte 20");
}

}  // namespace
}  // namespace adjoint
