// Truths about pictures: where every pixel of a grid comes from, that PNG files keep 256 shades, that an animation
// holds its frames as the pictures they are, and what is refused.
#include "train/io/png.h"

#include "framework/tensor/random.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

constexpr Index margin = 2;
constexpr double margin_colour = 0.25;

/// Expects that each pixel of the grid is that of the image that lies there, or margin.
void expect_grid(const Tensor& grid, const Tensor& images, Index columns) {
    const Index count = images.extent(0), H = images.extent(1), W = images.extent(2), C = images.extent(3);
    const Index rows = (count + columns - 1) / columns;
    ASSERT_EQ(grid.shape(), (Shape{rows * (H + margin) + margin, columns * (W + margin) + margin, C}));
    for (Index i = 0; i < grid.extent(0); ++i) {
        for (Index j = 0; j < grid.extent(1); ++j) {
            const Index h = i % (H + margin) - margin, w = j % (W + margin) - margin;
            const Index n = i / (H + margin) * columns + j / (W + margin);
            const bool inside = h >= 0 && w >= 0 && n < count;
            for (Index c = 0; c < C; ++c) {
                EXPECT_EQ(grid[(i * grid.extent(1) + j) * C + c],
                          inside ? images[((n * H + h) * W + w) * C + c] : margin_colour)
                    << "row " << i << ", column " << j << ", channel " << c;
            }
        }
    }
}

TEST(PictureGrid, PutsImagesInRowsWithMarginsAroundEachAndLeavesTheEndOfTheLastEmpty) {
    const Tensor grey = Random(1).uniform({6, 3, 4, 1}), coloured = Random(2).uniform({6, 2, 3, 3});
    expect_grid(picture_grid(grey, 3), grey, 3);
    expect_grid(picture_grid(coloured, 2), coloured, 2);
    for (const Index columns : {1, 4, 8}) expect_grid(picture_grid(grey, columns), grey, columns);
}

TEST(PicturePairs, AlternateRowsOfBothBatches) {
    const Tensor above({4, 1, 1, 1}, {0.1, 0.2, 0.3, 0.4}), below({4, 1, 1, 1}, {0.5, 0.6, 0.7, 0.8});
    const Tensor expected({8, 1, 1, 1}, {0.1, 0.2, 0.5, 0.6, 0.3, 0.4, 0.7, 0.8});
    EXPECT_TRUE(identical(picture_pairs(above, below, 2), picture_grid(expected, 2)));
}

TEST(PictureRefusals, SayWhichShapesDoNotFit) {
    const Tensor images = Tensor::zeros({4, 2, 2, 1}), three = Tensor::zeros({3, 2, 2, 1}),
                 flat = Tensor::zeros({2, 2});
    EXPECT_EQ(error_of([&] { picture_grid(flat, 2); }), "picture_grid: images must be [N, H, W, C]; got [2, 2]");
    EXPECT_NE(error_of([&] { picture_grid(images, 0); }), "no error");
    EXPECT_EQ(error_of([&] { picture_pairs(images, three, 2); }),
              "picture_pairs: the batches must have one shape [N, H, W, C]; got [4, 2, 2, 1] and [3, 2, 2, 1]");
    EXPECT_EQ(error_of([&] { picture_pairs(Tensor(), Tensor(), 1); }),
              "picture_pairs: the batches must have one shape [N, H, W, C]; got [] and []");
    EXPECT_EQ(error_of([&] { picture_pairs(images, images, 3); }), "picture_pairs: images must fill rows of 3; got 4");
    EXPECT_EQ(error_of([&] { picture_pairs(images, images, 0); }), "picture_pairs: images must fill rows of 0; got 4");
    EXPECT_EQ(error_of([&] { write_png("x.png", flat); }), "write_png: the image must be [H, W, 1 or 3]; got [2, 2]");
}

// ---- files ----------------------------------------------------------------------------------------------------------

struct PictureFiles : testing::Test {
    TemporaryDirectory directory;
    const fs::path path = directory / "x.png";
};

TEST_F(PictureFiles, KeepEveryShadeOfGrey) {
    std::vector<double> shades;
    for (int i = 0; i < 256; ++i) shades.push_back(i / 255.0);
    const Tensor image({8, 32, 1}, shades);
    write_png(path, image);
    expect_equal(read_image(path, 1), image, 1e-7);
}

TEST_F(PictureFiles, ClipAndRound) {
    write_png(path, Tensor({1, 5, 1}, {-3, 2, 0.4 / 255, 0.6 / 255, 254.6 / 255}));
    expect_tensor(read_image(path, 1), {1, 5, 1}, {0, 1, 0, 1 / 255.0, 1}, 1e-7);
}

TEST_F(PictureFiles, ReadColoursAsTheirLuminance) {
    write_png(path, Tensor({1, 3, 3}, {1, 1, 1, 0, 1, 0, 0, 0, 1}));
    const Tensor grey = read_image(path, 1);
    ASSERT_EQ(grey.shape(), (Shape{1, 3, 1}));
    EXPECT_EQ(grey[0], 1.0);
    EXPECT_NEAR(grey[1], 0.587, 0.01);
    EXPECT_NEAR(grey[2], 0.114, 0.01);
}

// ---- animations -----------------------------------------------------------------------------------------------------

std::string number(std::uint32_t value) { return swapped<std::uint32_t>({value}); }

std::string chunk(const std::string& type, const std::string& content) {
    return number(static_cast<std::uint32_t>(content.size())) + type + content + number(crc32_of(type + content));
}

TEST(AnimatedPng, HoldsThePicturesOfItsFramesInTheseChunks) {
    for (const std::uint32_t count : {1, 3, 300}) {
        AnimatedPng animation(1000);
        std::string expected;
        for (std::uint32_t i = 0, sequence = 0; i < count; ++i) {
            const Tensor frame = Random(7).stream(i).uniform({4, 600, 1});
            animation.add(frame);
            const std::string still = png_of(frame), end = chunk("IEND", "");
            const std::size_t pixels_at = still.find("IDAT") + 4;
            const std::string pixels = still.substr(pixels_at, still.size() - 4 - end.size() - pixels_at);
            ASSERT_EQ(still, still.substr(0, pixels_at - 8) + chunk("IDAT", pixels) + end);
            if (i == 0)
                expected = still.substr(0, pixels_at - 8) + chunk("acTL", number(count) + number(0));  // for ever
            expected += chunk("fcTL", number(sequence++) + number(600) + number(4) + number(0) + number(0) +  // at 0, 0
                                          "\x03\xe8\x03\xe8"s  // 1000 / 1000 seconds
                                          "\0\0"s);            // no disposal, no blending
            expected += i == 0 ? chunk("IDAT", pixels) : chunk("fdAT", number(sequence++) + pixels);
        }
        EXPECT_TRUE(animation.file() == expected + chunk("IEND", "")) << count << " frames";
    }
}

TEST_F(PictureFiles, AreTheFirstFrameOfAnAnimation) {
    for (const Index channels : {1, 3}) {
        const Tensor first = Random(1).uniform({5, 7, channels}), second = Random(2).uniform({5, 7, channels});
        AnimatedPng animation(40);
        animation.add(first);
        animation.add(second);
        write_bytes(path, animation.file());
        expect_equal(read_image(path, channels), first, 0.5 / 255 + 1e-6);
    }
}

TEST(AnimatedPng, RefusesWhatCannotBeShown) {
    const Tensor small = Tensor::zeros({2, 2, 1}), large = Tensor::zeros({2, 3, 1}), flat = Tensor::zeros({2, 2});
    const auto refusal = [](const std::vector<Tensor>& frames, Index milliseconds) {
        return error_of([&] {
            AnimatedPng animation(milliseconds);
            for (const Tensor& frame : frames) animation.add(frame);
            animation.file();
        });
    };
    EXPECT_EQ(refusal({}, 40), "AnimatedPng: there must be a frame; got none");
    EXPECT_EQ(refusal({small, small, large}, 40),
              "AnimatedPng: the frames must have one shape; got [2, 2, 1] and [2, 3, 1]");
    EXPECT_EQ(refusal({small}, 0), "AnimatedPng: milliseconds must be 1 to 65535; got 0");
    EXPECT_EQ(refusal({small}, 65'536), "AnimatedPng: milliseconds must be 1 to 65535; got 65536");
    EXPECT_EQ(refusal({small}, 1) + refusal({small}, 65'535), "no errorno error");
    EXPECT_EQ(refusal({flat}, 40), "write_png: the image must be [H, W, 1 or 3]; got [2, 2]");
}

}  // namespace
}  // namespace adjoint
