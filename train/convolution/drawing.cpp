#include "train/convolution/drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stb/stb_easy_font.h>

#include "framework/tensor/shape.h"

namespace adjoint {
namespace {

// In pixels. A letter of the font is 7 high, and drawn twice as large.
constexpr Index magnified = 2, letter_height = 7 * magnified, line_height = 28, cell_height = 30, gap = 2, frame = 3,
                margin = 16, between = 16, caption_gap = 8;

Index text_width(std::string text) { return magnified * stb_easy_font_width(text.data()); }

struct Box {
    Index left;
    Index top;
    Index width;
    Index height;
};

class Canvas {
  public:
    Canvas(std::span<float> pixels, Index width) : pixels_(pixels), width_(width) {}

    void fill(const Box& box, const Colour& colour) const {
        for (Index y = box.top; y < box.top + box.height; ++y) {
            for (Index x = box.left; x < box.left + box.width; ++x) {
                const std::array<float, 3> rgb = {colour.red, colour.green, colour.blue};
                std::copy(rgb.begin(), rgb.end(), pixels_.begin() + 3 * (y * width_ + x));
            }
        }
    }

    void outline(const Box& box, Index thickness, const Colour& colour) const {
        const auto [left, top, width, height] = box;
        fill({left, top, width, thickness}, colour);
        fill({left, top + height - thickness, width, thickness}, colour);
        fill({left, top, thickness, height}, colour);
        fill({left + width - thickness, top, thickness, height}, colour);
    }

    void write(Index left, Index top, std::string text, const Colour& colour) const {
        // The font's letters are made of rectangles: four corners each, of which the first and the third say all.
        struct Corner {
            float x, y, z;
            std::array<unsigned char, 4> colour;
        };
        std::vector<Corner> corners(text.size() * 64);
        const int rectangles = stb_easy_font_print(0.0f, 0.0f, text.data(), nullptr, corners.data(),
                                                   static_cast<int>(corners.size() * sizeof(Corner)));
        const auto pixels = [](float length) { return magnified * std::lround(length); };
        for (std::size_t i = 0; i < static_cast<std::size_t>(rectangles); ++i) {
            const Corner &first = corners[4 * i], &third = corners[4 * i + 2];
            fill({left + pixels(first.x), top + pixels(first.y), pixels(third.x - first.x), pixels(third.y - first.y)},
                 colour);
        }
    }

    void write_centred(const Box& box, const std::string& text, const Colour& colour) const {
        write(box.left + (box.width - text_width(text)) / 2, box.top + (box.height - letter_height) / 2, text, colour);
    }

  private:
    std::span<float> pixels_;
    Index width_;
};

Index rows_of(const DrawnMatrix& matrix) { return std::ssize(matrix.cells) / matrix.columns; }

Index rows_of(const DrawnLine& line) {
    Index rows = 0;
    for (const DrawnMatrix& matrix : line.matrices) rows = std::max(rows, rows_of(matrix));
    return rows;
}

Index width_of(const DrawnMatrix& matrix, Index cell) {
    return std::max(matrix.columns * cell, text_width(matrix.title));
}

Index width_of(const DrawnLine& line, Index cell) {
    Index width = 0;
    for (const DrawnMatrix& matrix : line.matrices) width += width_of(matrix, cell);
    for (const std::string& sign : line.signs) width += text_width(sign) + 2 * between;
    return std::max(width, text_width(line.caption));
}

// A title, the rows, a caption, and some room.
Index height_of(const DrawnLine& line) { return 2 * line_height + rows_of(line) * cell_height + margin; }

void draw_matrix(const Canvas& canvas, const DrawnMatrix& matrix, Index left, Index top, Index cell) {
    canvas.write(left, top, matrix.title, colours::black);
    for (Index i = 0; i < std::ssize(matrix.cells); ++i) {
        const Cell& drawn = matrix.cells[static_cast<std::size_t>(i)];
        const Box box = {left + i % matrix.columns * cell, top + line_height + i / matrix.columns * cell_height,
                         cell - gap, cell_height - gap};
        canvas.fill(box, drawn.ground);
        if (drawn.framed) canvas.outline(box, frame, colours::orange);
        canvas.write_centred(box, drawn.text, drawn.ink);
    }
}

void draw_line(const Canvas& canvas, const DrawnLine& line, Index top, Index cell) {
    Index left = margin;
    for (std::size_t m = 0; m < line.matrices.size(); ++m) {
        if (m > 0) {
            const std::string& sign = line.signs[m - 1];
            const Index width = text_width(sign) + 2 * between;
            const Index rows = std::min(rows_of(line.matrices[m - 1]), rows_of(line.matrices[m]));
            canvas.write_centred({left, top + line_height, width, rows * cell_height - gap}, sign, colours::black);
            left += width;
        }
        draw_matrix(canvas, line.matrices[m], left, top, cell);
        left += width_of(line.matrices[m], cell);
    }
    canvas.write(margin, top + line_height + rows_of(line) * cell_height + caption_gap, line.caption, colours::black);
}

}  // namespace

DrawingSize::DrawingSize(const std::vector<DrawnLine>& lines) {
    for (const DrawnLine& line : lines) {
        for (const DrawnMatrix& matrix : line.matrices) {
            for (const Cell& drawn : matrix.cells) cell = std::max(cell, text_width(drawn.text) + 2 * gap);
        }
    }
    cell = std::max(cell + 2 * frame + gap, cell_height);
    for (const DrawnLine& line : lines) width = std::max(width, width_of(line, cell) + 2 * margin);
}

Tensor draw(const std::vector<DrawnLine>& lines, const DrawingSize& size) {
    Index height = margin;
    for (const DrawnLine& line : lines) height += height_of(line);
    return Tensor::build<float>({height, size.width, 3}, [&](std::span<float> pixels) {
        const Canvas canvas(pixels, size.width);
        canvas.fill({0, 0, size.width, height}, colours::white);
        Index top = margin;
        for (const DrawnLine& line : lines) {
            draw_line(canvas, line, top, size.cell);
            top += height_of(line);
        }
    });
}

}  // namespace adjoint
