// Drawings of matrices, side by side with signs between them: a number a cell, and a line of text below.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Red, green and blue in 0..1.
struct Colour {
    float red;
    float green;
    float blue;
    bool operator==(const Colour&) const = default;
};
namespace colours {
constexpr Colour white = {1.0f, 1.0f, 1.0f}, pale = {0.95f, 0.95f, 0.95f}, grey = {0.85f, 0.85f, 0.85f},
                 faint = {0.6f, 0.6f, 0.6f}, black = {0.1f, 0.1f, 0.1f}, peach = {1.0f, 0.86f, 0.7f},
                 orange = {0.87f, 0.35f, 0.1f};
}  // namespace colours

struct Cell {
    std::string text = "";
    Colour ground = colours::pale;
    Colour ink = colours::black;
    bool framed = false;  ///< in orange
};

/// Rows of so many cells, under a title.
struct DrawnMatrix {
    std::string title;
    Index columns;
    std::vector<Cell> cells;
};

/// Matrices from left to right, a sign before each but the first, and what they say. Texts are ASCII.
struct DrawnLine {
    std::vector<DrawnMatrix> matrices;
    std::vector<std::string> signs;
    std::string caption;
};

/// How large cells and pictures must be for some lines, so that what is drawn of them is all of one size.
struct DrawingSize {
    explicit DrawingSize(const std::vector<DrawnLine>& lines);

    Index cell = 0;  ///< pixels from one cell to the next on its right
    Index width = 0;
};

/// The lines one below the other, as an image [H, W, 3] in 0..1.
Tensor draw(const std::vector<DrawnLine>& lines, const DrawingSize& size);

}  // namespace adjoint
