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

std::vector<Tensor> example(Index count, const Shape& shape) {
    std::vector<Tensor> frames;
    for (Index i = 0; i < count; ++i) frames.push_back(Random(7).stream(static_cast<std::uint64_t>(i)).uniform(shape));
    return frames;
}

TEST(AnimatedPng, HasItsChunksInOrder) {
    std::vector<std::string> types;
    for (const Chunk& chunk : chunks(animated_png(example(3, {4, 6, 1}), 40))) types.push_back(chunk.type);
    EXPECT_EQ(types,
              (std::vector<std::string>{"IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND"}));
}

TEST(AnimatedPng, CountsItsFramesAndPlaysThemForEver) {
    for (const Index count : {1, 2, 300}) {
        const std::vector<Chunk> all = chunks(animated_png(example(count, {1, 1, 1}), 40));
        EXPECT_EQ(number(all.at(1).content, 0), static_cast<std::uint32_t>(count));
        EXPECT_EQ(all[1].content.substr(4), "\0\0\0\0"s);
        EXPECT_EQ(std::ssize(all), 3 + 2 * count);
    }
}

TEST(AnimatedPng, NumbersWhatControlsFramesAndWhatTheyHoldInOneSequence) {
    std::uint32_t next = 0;
    for (const Chunk& chunk : chunks(animated_png(example(200, {1, 2, 3}), 40))) {
        if (chunk.type != "fcTL" && chunk.type != "fdAT") continue;
        EXPECT_EQ(number(chunk.content, 0), next++);
    }
    EXPECT_EQ(next, 399u);
}

TEST(AnimatedPng, ShowsEachFrameWholeForItsTime) {
    for (const Chunk& chunk : chunks(animated_png(example(3, {4, 600, 1}), 1000))) {
        if (chunk.type != "fcTL") continue;
        EXPECT_EQ(chunk.content.substr(4),
                  "\0\0\x02\x58\0\0\0\x04"s  // width 600, height 4
                  "\0\0\0\0\0\0\0\0"s        // at 0, 0
                  "\x03\xe8\x03\xe8\0\0"s);  // 1000 / 1000 seconds; no disposal, no blending
    }
}

TEST(AnimatedPng, IsItsFirstFrameToReadersOfStillPictures) {
    const TemporaryDirectory directory;
    for (const Index channels : {1, 3}) {
        const std::vector<Tensor> frames = example(4, {5, 7, channels});
        write_bytes(directory / "x.png", animated_png(frames, 40));
        write_png(directory / "first.png", frames[0]);
        EXPECT_TRUE(
            identical(read_image(directory / "x.png", channels), read_image(directory / "first.png", channels)));
    }
}

TEST(AnimatedPng, HoldsEachLaterFrameAsThePictureItIs) {
    const std::vector<Tensor> frames = example(4, {5, 7, 3});
    std::size_t frame = 0;
    for (const Chunk& chunk : chunks(animated_png(frames, 40))) {
        if (chunk.type != "fdAT") continue;
        std::string pixels;
        for (const Chunk& still : chunks(png_of(frames.at(++frame))))
            pixels += still.type == "IDAT" ? still.content : "";
        EXPECT_EQ(chunk.content.substr(4), pixels) << "frame " << frame;
    }
    EXPECT_EQ(frame, 3u);
}

TEST(AnimatedPng, RefusesWhatCannotBeShown) {
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
