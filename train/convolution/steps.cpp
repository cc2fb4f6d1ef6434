#include "train/convolution/steps.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>

#include "train/convolution/matrices.h"
#include "train/convolution/parts.h"

namespace adjoint {
namespace {

// ---- matrices side by side, with signs between them

using Lines = std::vector<std::string>;

/// A line for each row, with a point for each missing entry; columns are at least `width` wide.
Lines draw(const Grid& matrix, std::size_t width = 0) {
    std::vector<std::string> entries;
    for (const std::optional<double>& number : matrix.numbers) entries.push_back(number ? brief(*number) : ".");
    return matrix_lines(entries, matrix.columns, width);
}

/// Two blocks of lines next to each other; a sign stands between them at the middle of the left one.
Lines beside(const Lines& left, const std::string& sign, const Lines& right) {
    // Signs take several bytes: what is counted are the bytes that begin one.
    std::ptrdiff_t width = 0;
    const auto begins = [](char byte) { return (byte & 0xc0) != 0x80; };
    for (const std::string& line : left) width = std::max(width, std::count_if(line.begin(), line.end(), begins));
    Lines lines;
    const std::size_t middle = (left.size() - 1) / 2;
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
        lines.push_back(fmt::format("{:<{}}", i < left.size() ? left[i] : "", width));
        if (i < right.size()) lines.back() += fmt::format("   {}   {}", i == middle ? sign : " ", right[i]);
    }
    return lines;
}

/// The lines as one text, a little to the right.
std::string indented(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += "    " + line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    return text;
}

/// Two matrices under their headings.
std::string headed(const std::string& left, const Grid& a, const std::string& right, const Grid& b) {
    Lines lines = draw(a), others = draw(b);
    lines.insert(lines.begin(), left);
    others.insert(others.begin(), right);
    return indented(beside(lines, " ", others));
}

/// The numbers seen, times their weights, summed.
std::string weighed(const Grid& seen, const Grid& weights) {
    Grid products = seen;
    double sum = 0;
    for (std::size_t i = 0; i < products.numbers.size(); ++i) {
        if (!products.numbers[i]) continue;
        *products.numbers[i] *= *weights.numbers[i];
        sum += *products.numbers[i];
    }
    return indented(beside(beside(draw(seen), "×", draw(weights)), "=", draw(products))) +
           fmt::format("    sum: {}\n", brief(sum));
}

// ---- places

/// Where the corner of the patch of output p lies in the image.
Place corner(const Conv2DForm& form, const Place& p) {
    return {form.height.pixel(p.row, 0), form.width.pixel(p.column, 0)};
}

std::string corner_text(const Conv2DForm& form, const Place& p) {
    return fmt::format("({}·{} − {}, {}·{} − {}) = {}", p.row, form.height.stride, form.height.pad_before, p.column,
                       form.width.stride, form.width.pad_before, text(corner(form, p)));
}

// ---- the transposed convolution, part by part

/// The block that each element of y becomes, by itself.
std::vector<Grid> blocks(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    std::vector<Grid> result;
    for (Index e = 0; e < y.size(); ++e) result.push_back(block_of(y, w, form, e));
    return result;
}

std::string block_title(const Tensor& y, const Tensor& w, const Conv2DForm& form, Index e, const Grid& block) {
    const Place at = place(e, form.width.output), first = corner(form, at);
    std::string title =
        fmt::format("{}  {} times the filter, its corner at {}", text(at), brief(y[e]), corner_text(form, at));
    const Index dropped =
        w.size() - std::ssize(block.numbers) + std::count(block.numbers.begin(), block.numbers.end(), std::nullopt);
    if (dropped > 0) title += fmt::format("; {} of {} numbers fall outside and are dropped", dropped, w.size());
    if (e > 0) return title + '\n';
    const double last = w[w.size() - 1];
    return title + fmt::format(
                       "\n    nothing is flipped: the filter's first number makes {} · {} = {} at {}, its last {} · {} "
                       "= {} at {}\n",
                       brief(y[e]), brief(w[0]), brief(y[e] * w[0]), text(first), brief(y[e]), brief(last),
                       brief(y[e] * last),
                       text({first.row + form.height.span() - 1, first.column + form.width.span() - 1}));
}

/// Each block beside the sum so far; then the places in which several meet.
std::string added_blocks(const Tensor& y, const Tensor& w, const Conv2DForm& form, const std::vector<Grid>& parts) {
    std::size_t width = 0;
    for (const Grid& part : parts) width = std::max(width, draw(part).front().size());
    width = (width + 1) / static_cast<std::size_t>(form.width.image) - 1;
    Grid total = {form.width.image, std::vector<std::optional<double>>(parts[0].numbers.size())};
    std::vector<Lines> addends(total.numbers.size());
    std::string added, overlaps;
    for (Index e = 0; e < y.size(); ++e) {
        const Grid& part = parts[static_cast<std::size_t>(e)];
        for (std::size_t i = 0; i < total.numbers.size(); ++i) {
            if (!part.numbers[i]) continue;
            total.numbers[i] = total.numbers[i].value_or(0.0) + *part.numbers[i];
            addends[i].push_back(brief(*part.numbers[i]));
        }
        added += '\n' + block_title(y, w, form, e, part);
        added += indented(beside(draw(part, width), "→", draw(total, width)));
    }
    for (std::size_t i = 0; i < addends.size(); ++i) {
        if (addends[i].size() < 2) continue;
        overlaps += fmt::format("    {}  {} = {}\n", text(place(static_cast<Index>(i), form.width.image)),
                                fmt::join(addends[i], " + "), brief(*total.numbers[i]));
    }
    return added +
           (overlaps.empty() ? "\nNo blocks overlap.\n" : "\nWhere blocks overlap, they are added:\n" + overlaps);
}

/// C, the matrix of conv2d: a row for each of its outputs, a column for each pixel.
std::string matrix_of_convolution(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    constexpr std::size_t widest_matrix = 110;
    Grid matrix{form.height.image * form.width.image, {}};
    for (const Grid& row : blocks(Tensor::ones(y.shape(), y.dtype()), w, form)) {
        matrix.numbers.insert(matrix.numbers.end(), row.numbers.begin(), row.numbers.end());
    }
    const Lines rows = draw(matrix);
    if (rows.front().size() > widest_matrix) return "";
    std::string result = fmt::format(
        "\nWhy transposed? conv2d with this filter is a matrix C: a row for each of its {} outputs, a column for each "
        "of {} pixels.\n",
        rows.size(), matrix.columns);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        result += fmt::format("    {}  {}\n", text(place(static_cast<Index>(i), form.width.output)), rows[i]);
    }
    return result + "Each block above is a row of C, times its element of the input; their sum is Cᵀ · input.\n";
}

}  // namespace

void require_drawable(const char* operation, const Conv2DForm& form, const Tensor& a, const Tensor& b) {
    constexpr Index largest_image = 20, largest_operand = 8;
    const auto small = [](const ConvAxis& axis) {
        return axis.image <= largest_image && axis.kernel <= largest_operand && axis.output <= largest_operand;
    };
    require(form.batch == 1 && form.channels == 1 && form.filters == 1 && small(form.height) && small(form.width),
            "{}: steps are drawn of one image of one channel up to {} × {} and one filter up to {} × {} that make up "
            "to {} × "
            "{} outputs of the convolution; got image {}, filter {}, outputs {}",
            operation, largest_image, largest_image, largest_operand, largest_operand, largest_operand, largest_operand,
            form.image_shape(), form.weight_shape(), form.output_shape());
    // Where an element is left out it is multiplied by 0, which only takes finite ones away.
    for (const Tensor& operand : {a, b}) {
        for (const double element : operand.to_vector()) {
            require(std::isfinite(element), "{}: steps are drawn of finite numbers; got {}", operation, element);
        }
    }
}

std::string conv2d_steps(const Tensor& x, const Tensor& w, const Conv2DForm& form) {
    require_drawable("conv2d", form, x, w);
    std::string result =
        "conv2d lays the filter on the image as it stands: nothing is flipped. Each output is the sum of the patch "
        "under\n"
        "the filter, times the filter; the patch has its corner at index · stride − padding.\n"
        "A point lies outside the image and counts as 0.\n\n" +
        headed("image", image_grid(x), "filter", filter_grid(w));
    for (Index e = 0; e < element_count(form.output_shape()); ++e) {
        const Grid patch = patch_of(x, form, e);
        const Place at = place(e, form.width.output);
        result += fmt::format("\n{}  the patch with its corner at {}\n", text(at), corner_text(form, at));
        result += weighed(patch, filter_grid(w));
    }
    return result;
}

std::string conv2d_transpose_steps(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    require_drawable("conv2d_transpose", form, y, w);
    return "conv2d-transpose turns each element of the input into a block: the element times the filter as it stands.\n"
           "The block's corner lies at index · stride − padding; where blocks overlap, they are added.\n"
           "Left the block, right the sum so far; a point is a place that nothing has reached.\n\n" +
           headed("input", image_grid(y), "filter", filter_grid(w)) + added_blocks(y, w, form, blocks(y, w, form)) +
           matrix_of_convolution(y, w, form);
}

std::string conv2d_weight_gradient_steps(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    require_drawable("conv2d_weight_gradient", form, x, y);
    std::string result =
        "conv2d-weight-gradient asks of each tap of the filter: which pixel did it see for each output, and how much\n"
        "did that output matter? Its gradient is the sum of those pixels, times the output gradient.\n"
        "A point lies outside the image and counts as 0.\n\n" +
        headed("image", image_grid(x), "output gradient", image_grid(y));
    for (Index e = 0; e < element_count(form.weight_shape()); ++e) {
        const Grid seen = seen_by(x, form, e);
        result += fmt::format("\n{}  the pixels that this tap saw, times the output gradient\n",
                              text(place(e, form.width.kernel)));
        result += weighed(seen, image_grid(y));
    }
    return result;
}

}  // namespace adjoint
