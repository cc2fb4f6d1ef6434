#include "train/convolution/animation.h"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>
#include <set>
#include <utility>

#include "framework/ops/convolution.h"
#include "framework/ops/shape_ops.h"
#include "train/convolution/parts.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr Index milliseconds = 900;
constexpr int last_frames = 3;  // alike, so that the end can be looked at

// A place where so many blocks have met.
Colour met(std::size_t blocks) {
    constexpr std::array<Colour, 5> blues = {colours::pale, Colour{0.82f, 0.9f, 0.97f}, Colour{0.62f, 0.79f, 0.92f},
                                             Colour{0.42f, 0.66f, 0.87f}, Colour{0.25f, 0.53f, 0.8f}};
    return blues[std::min(blocks, blues.size() - 1)];
}

// Numbers in cells; where there is none, an empty one.
DrawnMatrix drawn(const std::string& title, const Grid& grid) {
    DrawnMatrix matrix{title, grid.columns, {}};
    for (const std::optional<double>& number : grid.numbers) matrix.cells.push_back({number ? brief(*number) : ""});
    return matrix;
}

DrawnMatrix empty(const std::string& title, Index rows, Index columns) {
    return {title, columns, std::vector<Cell>(static_cast<std::size_t>(rows * columns))};
}

// Frames the cells that something reaches.
void frame(DrawnMatrix& matrix, const Grid& reached) {
    for (std::size_t i = 0; i < matrix.cells.size(); ++i) {
        matrix.cells[i].framed = reached.numbers[i].has_value();
    }
}

// "1 x 2 + 3 x 4 = 14" of what is seen, times its weights, or how many products there are where that is too long to
// read; and the sum.
std::pair<std::string, double> sum_of_products(const Grid& seen, const Grid& weights) {
    constexpr std::size_t longest = 60;
    std::vector<std::string> products;
    double sum = 0.0;
    for (std::size_t i = 0; i < seen.numbers.size(); ++i) {
        if (!seen.numbers[i]) continue;
        products.push_back(fmt::format("{} x {}", brief(*seen.numbers[i]), brief(*weights.numbers[i])));
        sum += *seen.numbers[i] * *weights.numbers[i];
    }
    if (products.empty()) return {"nothing reaches it: 0", 0.0};
    const std::string all = fmt::format("{}", fmt::join(products, " + "));
    return {
        fmt::format("{} = {}", all.size() <= longest ? all : fmt::format("{} products", products.size()), brief(sum)),
        sum};
}

// ---- a form whose image holds those pixels of its padding that taps reach

Margin border_of(const ConvAxis& axis, Index number) {
    return {.axis = number,
            .before = std::max<Index>(0, axis.pad_before),
            .after = std::max<Index>(0, axis.reach() - axis.pad_before - axis.image)};
}

void widen(ConvAxis& axis, const Margin& border) {
    axis.image += border.before + border.after;
    axis.pad_before -= border.before;
    axis.pad_after -= border.after;
}

class Bordered {
  public:
    explicit Bordered(const Conv2DForm& inner)
        : form(inner), inner_(inner), rows_(border_of(inner.height, 1)), columns_(border_of(inner.width, 2)) {
        widen(form.height, rows_);
        widen(form.width, columns_);
    }

    bool inside(Index pixel) const {
        const auto [row, column] = place(pixel, form.width.image);
        return row >= rows_.before && row < rows_.before + inner_.height.image && column >= columns_.before &&
               column < columns_.before + inner_.width.image;
    }
    Grid image(const Tensor& x) const { return image_grid(pad(pad(x, rows_), columns_).value()); }
    /// Greys what lies outside.
    void grey(DrawnMatrix& matrix) const {
        for (Index i = 0; i < std::ssize(matrix.cells); ++i) {
            Cell& cell = matrix.cells[static_cast<std::size_t>(i)];
            if (!inside(i)) cell.ground = colours::grey, cell.ink = colours::faint;
        }
    }

    Conv2DForm form;

  private:
    Conv2DForm inner_;
    Margin rows_, columns_;
};

// ---- the scenes

// Numbers that come out one after the other, of what is framed.
struct Sum {
    DrawnMatrix numbers;  ///< all still empty
    Index step = 0;

    /// The next number, and the cells that there are now, the newest framed.
    DrawnMatrix with(double number) {
        Cell& cell = numbers.cells[static_cast<std::size_t>(step++)];
        cell = {brief(number), met(1)};
        DrawnMatrix now = numbers;
        now.cells[static_cast<std::size_t>(step - 1)].framed = true;
        return now;
    }
};

// Each output of conv2d, or each tap of its filter.
Scene weighed_scene(const DrawnLine& before, Index count, auto pixels, auto seen, const Grid& weights) {
    Scene scene{before, {}};
    Sum sum{before.matrices[2]};
    for (Index e = 0; e < count; ++e) {
        DrawnLine line = before;
        frame(line.matrices[0], pixels(e));
        const auto [text, number] = sum_of_products(seen(e), weights);
        line.matrices[2] = sum.with(number);
        line.caption = fmt::format("{}: {}", adjoint::text(place(e, before.matrices[2].columns)), text);
        scene.steps.push_back(line);
    }
    return scene;
}

// The blocks that land, and their sum.
Scene blocks_scene(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    const Bordered bordered(form);
    const Index pixels = bordered.form.height.image * bordered.form.width.image;
    std::vector<double> total(static_cast<std::size_t>(pixels), 0.0);
    std::vector<std::size_t> blocks(total.size(), 0);
    DrawnLine now = {{drawn("input", image_grid(y)), drawn("filter", filter_grid(w)),
                      empty("sum of the blocks", bordered.form.height.image, bordered.form.width.image)},
                     {"x", "->"},
                     "each element of the input times the filter, as it stands"};
    bordered.grey(now.matrices[2]);
    Scene scene{now, {}};
    for (Index e = 0; e < y.size(); ++e) {
        const Grid block = block_of(y, w, bordered.form, e);
        for (std::size_t i = 0; i < total.size(); ++i) {
            if (!block.numbers[i]) continue;
            total[i] += *block.numbers[i];
            now.matrices[2].cells[i] = {brief(total[i]), met(++blocks[i])};
        }
        bordered.grey(now.matrices[2]);
        const Place at = place(e, form.width.output);
        now.caption = fmt::format("{}: {} times the filter, its corner at {}", text(at), brief(y[e]),
                                  text({form.height.pixel(at.row, 0), form.width.pixel(at.column, 0)}));
        scene.steps.push_back(now);
        Cell& source = scene.steps.back().matrices[0].cells[static_cast<std::size_t>(e)];
        source.ground = colours::peach;
        source.framed = true;
        frame(scene.steps.back().matrices[2], block);
    }
    return scene;
}

// The same by a convolution of stride 1, for which the input has zeros between its elements and around them.
Scene sliding_scene(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    // Zeros between the elements are a transposed convolution of a single tap; those around them a padding below 0.
    const auto before = [](const ConvAxis& axis) { return axis.span() - 1 - axis.pad_before; };
    const auto after = [](const ConvAxis& axis) {
        return axis.image - axis.reach() + axis.span() - 1 + axis.pad_before;
    };
    const auto size = [](const ConvAxis& axis) { return axis.image + axis.span() - 1; };
    const Tensor tap = Tensor::ones({1, 1, 1, 1}, y.dtype());
    const Conv2DForm zeros = Conv2DForm::of(
        "conv2d", {1, size(form.height), size(form.width), 1}, tap.shape(),
        {.stride = {form.height.stride, form.width.stride},
         .padding = Sides{-before(form.height), -before(form.width), -after(form.height), -after(form.width)}});
    const Tensor spread = conv2d_input_gradient(y, tap, zeros).value(), turned = flip(w, {0, 1}).value();
    const Tensor elements = conv2d_input_gradient(Tensor::ones(y.shape(), y.dtype()), tap, zeros).value();
    const Conv2DForm sliding = Conv2DForm::of("conv2d", spread.shape(), turned.shape(),
                                              {.dilation = {form.height.dilation, form.width.dilation}});
    DrawnLine line = {
        {drawn("input, zeros between and around", image_grid(spread)), drawn("filter, turned", filter_grid(turned)),
         empty("the same numbers", form.height.image, form.width.image)},
        {"x", "="},
        "an ordinary convolution slides over it with the filter turned by 180 degrees"};
    for (Index i = 0; i < elements.size(); ++i) {
        if (elements[i] == 0) line.matrices[0].cells[static_cast<std::size_t>(i)].ink = colours::faint;
    }
    return weighed_scene(
        line, form.height.image * form.width.image, [&](Index e) { return pixels_of_output(sliding, e); },
        [&](Index e) {
            // Of the products those with zeros put in are left out.
            Grid patch = patch_of(spread, sliding, e);
            const Grid counted = patch_of(elements, sliding, e);
            for (std::size_t i = 0; i < patch.numbers.size(); ++i) {
                if (counted.numbers[i] == 0.0) patch.numbers[i] = std::nullopt;
            }
            return patch;
        },
        filter_grid(turned));
}

// Takes away what marks a step.
void settle(DrawnLine& line) {
    for (DrawnMatrix& matrix : line.matrices) {
        for (Cell& cell : matrix.cells) {
            if (std::exchange(cell.framed, false) && cell.ground == colours::peach) cell.ground = colours::pale;
        }
    }
}

DrawingSize size_of(const Animation& animation) {
    std::vector<DrawnLine> all;
    for (const Scene& scene : animation) {
        all.push_back(scene.before);
        all.insert(all.end(), scene.steps.begin(), scene.steps.end());
    }
    return DrawingSize(all);
}

}  // namespace

Animation conv2d_animation(const Tensor& x, const Tensor& w, const Conv2DForm& form) {
    require_drawable("conv2d", form, x, w);
    const Bordered bordered(form);
    DrawnLine line = {{drawn("image", bordered.image(x)), drawn("filter", filter_grid(w)),
                       empty("output", form.height.output, form.width.output)},
                      {"x", "="},
                      "the filter slides over the image as it stands"};
    bordered.grey(line.matrices[0]);
    return {weighed_scene(
        line, element_count(form.output_shape()), [&](Index e) { return pixels_of_output(bordered.form, e); },
        [&](Index e) { return patch_of(x, form, e); }, filter_grid(w))};
}

Animation conv2d_transpose_animation(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    require_drawable("conv2d_transpose", form, y, w);
    return {blocks_scene(y, w, form), sliding_scene(y, w, form)};
}

Animation conv2d_weight_gradient_animation(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    require_drawable("conv2d_weight_gradient", form, x, y);
    const Bordered bordered(form);
    DrawnLine line = {{drawn("image", bordered.image(x)), drawn("output gradient", image_grid(y)),
                       empty("filter gradient", form.height.kernel, form.width.kernel)},
                      {"x", "="},
                      "each tap of the filter saw one pixel for each output"};
    bordered.grey(line.matrices[0]);
    return {weighed_scene(
        line, element_count(form.weight_shape()), [&](Index e) { return pixels_of_tap(bordered.form, e); },
        [&](Index e) { return seen_by(x, form, e); }, image_grid(y))};
}

std::string animated(const Animation& animation) {
    const DrawingSize size = size_of(animation);
    AnimatedPng file(milliseconds);
    std::vector<DrawnLine> lines;
    for (const Scene& scene : animation) lines.push_back(scene.before);
    file.add(draw(lines, size));
    for (std::size_t s = 0; s < animation.size(); ++s) {
        for (const DrawnLine& step : animation[s].steps) {
            lines[s] = step;
            file.add(draw(lines, size));
        }
        settle(lines[s]);
    }
    for (int shown = 0; shown < last_frames; ++shown) file.add(draw(lines, size));
    return file.file();
}

Tensor still_strip(const Animation& animation) {
    std::vector<DrawnLine> lines;
    for (const Scene& scene : animation) {
        const std::size_t last = scene.steps.size() - 1;
        for (const std::size_t step : std::set<std::size_t>{0, last / 2, last}) lines.push_back(scene.steps[step]);
    }
    return draw(lines, size_of(animation));
}

}  // namespace adjoint
