// No index formula of a convolution is written again here: T is linear in each argument, so what one element does is
// what the operation does when that element is the only one, and whether it reaches a place is what comes of a tensor
// of ones.
#include "train/convolution/steps.h"

#include <algorithm>
#include <cmath>

#include "framework/ops/convolution.h"
#include "train/convolution/number_grid.h"

namespace adjoint {
namespace {

constexpr Index largest_image = 20;
constexpr Index largest_operand = 8;
constexpr std::size_t widest_matrix = 110;

Grid grid(const Tensor& numbers, const Tensor& reached, Index columns) {
    Grid result{.columns = columns, .numbers = numbers.to_vector(), .present = {}};
    for (const double count : reached.to_vector()) result.present.push_back(count != 0);
    return result;
}

Grid image_grid(const Tensor& image) { return grid(image, Tensor::ones(image.shape()), image.extent(2)); }
Grid filter_grid(const Tensor& filter) { return grid(filter, Tensor::ones(filter.shape()), filter.extent(1)); }

/// `like` with all elements 0 but one.
Tensor only(Index element, double value, const Tensor& like) {
    std::vector<double> elements(static_cast<std::size_t>(like.size()), 0.0);
    elements[static_cast<std::size_t>(element)] = value;
    return Tensor(like.shape(), elements, like.dtype());
}

Tensor ones_like(const Tensor& like) { return Tensor::ones(like.shape(), like.dtype()); }

struct Place {
    Index row;
    Index column;
};

Place place(Index element, Index columns) { return {element / columns, element % columns}; }
std::string text(const Place& p) { return fmt::format("({}, {})", p.row, p.column); }

/// Where the corner of the patch of output p lies in the image.
Place corner(const Conv2DForm& form, const Place& p) {
    return {form.height.pixel(p.row, 0), form.width.pixel(p.column, 0)};
}

std::string corner_text(const Conv2DForm& form, const Place& p) {
    return fmt::format("({}·{} − {}, {}·{} − {}) = {}", p.row, form.height.stride, form.height.before, p.column,
                       form.width.stride, form.width.before, text(corner(form, p)));
}

void require_drawable(const char* operation, const Conv2DForm& form, const Tensor& a, const Tensor& b) {
    const auto small = [](const ConvAxis& axis) {
        return axis.image <= largest_image && axis.kernel <= largest_operand && axis.output <= largest_operand;
    };
    require(
        form.batch == 1 && form.channels == 1 && form.filters == 1 && small(form.height) && small(form.width),
        "{}: --steps draws one image of one channel up to {} × {} and one filter up to {} × {} that make up to {} × "
        "{} outputs of the convolution; got image {}, filter {}, outputs {}",
        operation, largest_image, largest_image, largest_operand, largest_operand, largest_operand, largest_operand,
        form.image_shape(), form.weight_shape(), form.output_shape());
    // Where an element is left out it is multiplied by 0, which only takes finite ones away.
    for (const Tensor& operand : {a, b}) {
        for (const double element : operand.to_vector()) {
            require(std::isfinite(element), "{}: --steps draws finite numbers; got {}", operation, element);
        }
    }
}

std::string weighed(const Grid& seen, const Grid& weights) {
    const Grid products = product(seen, weights);
    return indented(beside(beside(draw(seen), "×", draw(weights)), "=", draw(products))) +
           fmt::format("    sum: {}\n", brief(sum(products)));
}

// ---- the transposed convolution, part by part

/// The block that each element of y becomes, by itself.
std::vector<Grid> blocks(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    std::vector<Grid> result;
    for (Index e = 0; e < y.size(); ++e) {
        result.push_back(grid(conv2d_input_gradient(only(e, y[e], y), w, form).value(),
                              conv2d_input_gradient(only(e, 1, y), ones_like(w), form).value(), form.width.image));
    }
    return result;
}

std::string block_title(const Tensor& y, const Tensor& w, const Conv2DForm& form, Index e, const Grid& block) {
    const Place at = place(e, form.width.output);
    std::string title =
        fmt::format("{}  {} times the filter, its corner at {}", text(at), brief(y[e]), corner_text(form, at));
    const Index inside = std::count(block.present.begin(), block.present.end(), true);
    if (inside < w.size())
        title += fmt::format("; {} of {} numbers fall outside and are dropped", w.size() - inside, w.size());
    if (e > 0) return title + '\n';
    const Place first = corner(form, at);
    const Place last = {first.row + form.height.span() - 1, first.column + form.width.span() - 1};
    return title + fmt::format(
                       "\n    nothing is flipped: the filter's first number makes {} · {} = {} at {}, its last {} · {} "
                       "= {} at {}\n",
                       brief(y[e]), brief(w[0]), brief(y[e] * w[0]), text(first), brief(y[e]), brief(w[w.size() - 1]),
                       brief(y[e] * w[w.size() - 1]), text(last));
}

std::string added_blocks(const Tensor& y, const Tensor& w, const Conv2DForm& form, const std::vector<Grid>& parts) {
    std::string result;
    std::size_t width = 0;
    for (const Grid& part : parts) width = std::max(width, draw(part).front().size());
    width = (width + 1) / static_cast<std::size_t>(form.width.image) - 1;
    Grid total = {.columns = form.width.image, .numbers = std::vector<double>(parts[0].numbers.size()), .present = {}};
    total.present.resize(total.numbers.size());
    for (Index e = 0; e < y.size(); ++e) {
        const Grid& part = parts[static_cast<std::size_t>(e)];
        for (std::size_t i = 0; i < total.numbers.size(); ++i) {
            if (!part.present[i]) continue;
            total.numbers[i] += part.numbers[i];
            total.present[i] = true;
        }
        result += '\n' + block_title(y, w, form, e, part);
        result += indented(beside(draw(part, width), "→", draw(total, width)));
    }
    return result;
}

std::string overlaps(const Conv2DForm& form, const std::vector<Grid>& parts) {
    std::string result;
    for (std::size_t i = 0; i < parts[0].numbers.size(); ++i) {
        std::vector<std::string> addends;
        double total = 0;
        for (const Grid& part : parts) {
            if (!part.present[i]) continue;
            addends.push_back(brief(part.numbers[i]));
            total += part.numbers[i];
        }
        if (addends.size() < 2) continue;
        result += fmt::format("    {}  {} = {}\n", text(place(static_cast<Index>(i), form.width.image)),
                              fmt::join(addends, " + "), brief(total));
    }
    return result.empty() ? "\nNo blocks overlap.\n" : "\nWhere blocks overlap, they are added:\n" + result;
}

/// C, the matrix of conv2d: a row for each of its outputs, a column for each pixel.
std::string matrix_of_convolution(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    const Index pixels = form.height.image * form.width.image;
    Grid matrix{.columns = pixels, .numbers = {}, .present = {}};
    for (const Grid& row : blocks(ones_like(y), w, form)) {
        matrix.numbers.insert(matrix.numbers.end(), row.numbers.begin(), row.numbers.end());
        matrix.present.insert(matrix.present.end(), row.present.begin(), row.present.end());
    }
    const Lines rows = draw(matrix);
    if (rows.front().size() > widest_matrix) return "";
    std::string result = fmt::format(
        "\nWhy transposed? conv2d with this filter is a matrix C: a row for each of its {} outputs, a column for each "
        "of {} pixels.\n",
        rows.size(), pixels);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        result += fmt::format("    {}  {}\n", text(place(static_cast<Index>(i), form.width.output)), rows[i]);
    }
    return result + "Each block above is a row of C, times its element of the input; their sum is Cᵀ · input.\n";
}

}  // namespace

std::string conv2d_steps(const Tensor& x, const Tensor& w, const Conv2DForm& form) {
    require_drawable("conv2d", form, x, w);
    std::string result =
        "conv2d lays the filter on the image as it stands: nothing is flipped. Each output is the sum of the patch "
        "under\n"
        "the filter, times the filter; the patch has its corner at index · stride − padding.\n"
        "A point lies outside the image and counts as 0.\n\n" +
        indented(beside(headed("image", draw(image_grid(x))), " ", headed("filter", draw(filter_grid(w)))));
    const Tensor outputs = Tensor::ones(form.output_shape(), x.dtype());
    for (Index e = 0; e < outputs.size(); ++e) {
        // The gradient of one output for the filter is the patch that it sees.
        const Tensor one = only(e, 1, outputs);
        const Grid patch = grid(conv2d_weight_gradient(x, one, form).value(),
                                conv2d_weight_gradient(ones_like(x), one, form).value(), form.width.kernel);
        const Place at = place(e, form.width.output);
        result += fmt::format("\n{}  the patch with its corner at {}\n", text(at), corner_text(form, at));
        result += weighed(patch, filter_grid(w));
    }
    return result;
}

std::string conv2d_transpose_steps(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    require_drawable("conv2d_transpose", form, y, w);
    const std::vector<Grid> parts = blocks(y, w, form);
    return "conv2d-transpose turns each element of the input into a block: the element times the filter as it stands.\n"
           "The block's corner lies at index · stride − padding; where blocks overlap, they are added.\n"
           "Left the block, right the sum so far; a point is a place that nothing has reached.\n\n" +
           indented(beside(headed("input", draw(image_grid(y))), " ", headed("filter", draw(filter_grid(w))))) +
           added_blocks(y, w, form, parts) + overlaps(form, parts) + matrix_of_convolution(y, w, form);
}

std::string conv2d_weight_gradient_steps(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    require_drawable("conv2d_weight_gradient", form, x, y);
    std::string result =
        "conv2d-weight-gradient asks of each tap of the filter: which pixel did it see for each output, and how much\n"
        "did that output matter? Its gradient is the sum of those pixels, times the output gradient.\n"
        "A point lies outside the image and counts as 0.\n\n" +
        indented(beside(headed("image", draw(image_grid(x))), " ", headed("output gradient", draw(image_grid(y)))));
    const Tensor filter = Tensor::ones(form.weight_shape(), x.dtype());
    for (Index e = 0; e < filter.size(); ++e) {
        // A filter with one tap only copies the pixels that the tap sees.
        const Tensor one = only(e, 1, filter);
        const Grid seen =
            grid(conv2d(x, one, form).value(), conv2d(ones_like(x), one, form).value(), form.width.output);
        result += fmt::format("\n{}  the pixels that this tap saw, times the output gradient\n",
                              text(place(e, form.width.kernel)));
        result += weighed(seen, image_grid(y));
    }
    return result;
}

}  // namespace adjoint
