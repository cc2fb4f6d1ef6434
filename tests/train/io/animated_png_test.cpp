// Truths about animated PNG files: their chunks are in order, checked and numbered, every frame is the picture that it
// was made from, and a reader of still pictures sees the first.
#include "train/io/animated_png.h"

#include <zlib.h>

#include "framework/tensor/random.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

using namespace std::string_literals;

const std::string signature = "\x89PNG\r\n\x1a\n";

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint32_t number(const std::string& bytes, std::size_t at, std::size_t width = 4) {
    std::uint32_t value = 0;
    for (const char byte : bytes.substr(at, width)) value = value * 256 + static_cast<unsigned char>(byte);
    return value;
}

struct Chunk {
    std::string type, content;
};

/// The chunks of a file, whose signature and checksums are compared.
std::vector<Chunk> chunks(const std::string& file) {
    EXPECT_EQ(file.substr(0, 8), signature);
    std::vector<Chunk> all;
    for (std::size_t at = 8; at < file.size();) {
        const std::size_t length = number(file, at);
        all.push_back({file.substr(at + 4, 4), file.substr(at + 8, length)});
        const std::string checked = file.substr(at + 4, 4 + length);
        EXPECT_EQ(number(file, at + 8 + length),
                  crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size())))
            << all.back().type;
        at += 12 + length;
    }
    return all;
}

/// A chunk as PNG has it, made here from four bytes of length to four of checksum.
std::string written(const Chunk& chunk) {
    const auto big_endian = [](std::uint64_t value) {
        std::string bytes;
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift & 0xff));
        return bytes;
    };
    const std::string checked = chunk.type + chunk.content;
    return big_endian(chunk.content.size()) + checked +
           big_endian(crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size())));
}

std::vector<Tensor> example(Index count, const Shape& shape) {
    std::vector<Tensor> frames;
    for (Index i = 0; i < count; ++i) frames.push_back(Random(7).stream(static_cast<std::uint64_t>(i)).uniform(shape));
    return frames;
}

struct AnimatedPng : testing::Test {
    /// What stb decodes, as the numbers that PNG keeps.
    Tensor decoded(const std::string& file, Index channels) const {
        write_bytes(directory / "x.png", file);
        return read_image(directory / "x.png", channels);
    }
    TemporaryDirectory directory;
};

TEST_F(AnimatedPng, HasItsChunksInOrder) {
    std::vector<std::string> types;
    for (const Chunk& chunk : chunks(text_of(animated_png(example(3, {4, 6, 1}), 40)))) types.push_back(chunk.type);
    EXPECT_EQ(types,
              (std::vector<std::string>{"IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND"}));
}

TEST_F(AnimatedPng, CountsItsFramesAndPlaysThemForEver) {
    for (const Index count : {1, 2, 300}) {
        const std::vector<Chunk> all = chunks(text_of(animated_png(example(count, {1, 1, 1}), 40)));
        EXPECT_EQ(number(all.at(1).content, 0), static_cast<std::uint32_t>(count));
        EXPECT_EQ(all[1].content.substr(4), "\0\0\0\0"s);
        EXPECT_EQ(std::ssize(all), 3 + 2 * count);
    }
}

TEST_F(AnimatedPng, NumbersWhatControlsFramesAndWhatTheyHoldInOneSequence) {
    std::uint32_t next = 0;
    for (const Chunk& chunk : chunks(text_of(animated_png(example(200, {1, 2, 3}), 40)))) {
        if (chunk.type != "fcTL" && chunk.type != "fdAT") continue;
        EXPECT_EQ(number(chunk.content, 0), next++);
    }
    EXPECT_EQ(next, 399u);
}

TEST_F(AnimatedPng, ShowsEachFrameWholeForItsTime) {
    for (const Chunk& chunk : chunks(text_of(animated_png(example(3, {4, 600, 1}), 1000)))) {
        if (chunk.type != "fcTL") continue;
        EXPECT_EQ(chunk.content.substr(4),
                  "\0\0\x02\x58\0\0\0\x04"s  // width 600, height 4
                  "\0\0\0\0\0\0\0\0"s        // at 0, 0
                  "\x03\xe8\x03\xe8\0\0"s);  // 1000 / 1000 seconds; no disposal, no blending
    }
}

TEST_F(AnimatedPng, IsItsFirstFrameToReadersOfStillPictures) {
    for (const Index channels : {1, 3}) {
        const std::vector<Tensor> frames = example(4, {5, 7, channels});
        EXPECT_TRUE(identical(decoded(text_of(animated_png(frames, 40)), channels),
                              decoded(text_of(png_of(frames[0])), channels)));
    }
}

TEST_F(AnimatedPng, HoldsEachLaterFrameAsThePictureItIs) {
    const std::vector<Tensor> frames = example(4, {5, 7, 3});
    const std::vector<Chunk> all = chunks(text_of(animated_png(frames, 40)));
    std::size_t frame = 0;
    for (const Chunk& chunk : all) {
        if (chunk.type != "fdAT") continue;
        const std::string still =
            signature + written(all[0]) + written({"IDAT", chunk.content.substr(4)}) + written({"IEND", ""});
        EXPECT_TRUE(identical(decoded(still, 3), decoded(text_of(png_of(frames.at(++frame))), 3))) << "frame " << frame;
    }
    EXPECT_EQ(frame, 3u);
}

TEST_F(AnimatedPng, RefusesWhatCannotBeShown) {
    const Tensor small = Tensor::zeros({2, 2, 1}), large = Tensor::zeros({2, 3, 1});
    EXPECT_EQ(error_of([] { animated_png({}, 40); }), "animated_png: there must be a frame; got none");
    EXPECT_EQ(error_of([&] {
                  animated_png({small, small, large}, 40);
              }),
              "animated_png: the frames must have one shape; got [2, 2, 1] and [2, 3, 1]");
    EXPECT_EQ(error_of([&] { animated_png({small}, 0); }), "animated_png: milliseconds must be 1 to 65535; got 0");
    EXPECT_EQ(error_of([&] { animated_png({small}, 65'536); }),
              "animated_png: milliseconds must be 1 to 65535; got 65536");
    EXPECT_EQ(error_of([&] { animated_png({small}, 1), animated_png({small}, 65'535); }), "no error");
    EXPECT_EQ(error_of([] {
                  animated_png({Tensor::zeros({2, 2})}, 40);
              }),
              "write_png: the image must be [H, W, 1 or 3]; got [2, 2]");
}

}  // namespace
}  // namespace adjoint
