// Truths about drawings of matrices: cells have their colours, numbers their places, and a series one size.
#include "train/convolution/drawing.h"

#include <array>
#include <gtest/gtest.h>

namespace adjoint {
namespace {

std::array<double, 3> pixel(const Tensor& image, Index row, Index column) {
    const Index at = (row * image.extent(1) + column) * 3;
    return {image[at], image[at + 1], image[at + 2]};
}

std::array<double, 3> rgb(const Colour& colour) { return {colour.red, colour.green, colour.blue}; }

// How many pixels of a colour there are.
Index count(const Tensor& image, const Colour& colour) {
    Index pixels = 0;
    for (Index row = 0; row < image.extent(0); ++row) {
        for (Index column = 0; column < image.extent(1); ++column) pixels += pixel(image, row, column) == rgb(colour);
    }
    return pixels;
}

const DrawnLine two_cells = {
    {{"", 2, {{.ground = colours::peach}, {.ground = colours::grey, .framed = true}}}}, {}, ""};

TEST(Drawing, FillsCellsAndFramesThem) {
    const Tensor image = draw({two_cells}, DrawingSize({two_cells}));
    // A cell of 28 × 28, a gap of 2, a cell with a frame of 3.
    EXPECT_EQ(count(image, colours::peach), 28 * 28);
    EXPECT_EQ(count(image, colours::orange), 28 * 28 - 22 * 22);
    EXPECT_EQ(count(image, colours::grey), 22 * 22);
    EXPECT_EQ(count(image, colours::black), 0);
}

// The letter l of the font is a line of seven pixels, doubled.
TEST(Drawing, WritesTextTwiceAsLarge) {
    DrawnLine line = two_cells;
    line.caption = "l";
    EXPECT_EQ(count(draw({line}, DrawingSize({line})), colours::black) % 4, 0);
    EXPECT_GE(count(draw({line}, DrawingSize({line})), colours::black), 7 * 4);
}

TEST(Drawing, GivesASeriesOneSize) {
    DrawnLine wide = two_cells;
    wide.matrices[0].cells[0].text = "-123.4567";
    const DrawingSize size({two_cells, wide});
    EXPECT_EQ(draw({two_cells}, size).shape(), draw({wide}, size).shape());
    EXPECT_EQ(DrawingSize({two_cells}).cell, 30);
    EXPECT_GT(size.cell, 100);
}

}  // namespace
}  // namespace adjoint
