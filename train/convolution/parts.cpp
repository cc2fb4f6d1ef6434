// No index formula of a convolution is written again here: T is linear in each argument, so what one element does is
// what the operation does when that element is the only one, and whether it reaches a place is what comes of a tensor
// of ones.
#include "train/convolution/parts.h"

#include <fmt/format.h>

#include "framework/ops/convolution.h"

namespace adjoint {
namespace {

/// The numbers where something is reached.
Grid grid(const Tensor& numbers, const Tensor& reached, Index columns) {
    Grid result{columns, {}};
    for (Index i = 0; i < numbers.size(); ++i) {
        result.numbers.push_back(reached[i] == 0 ? std::nullopt : std::optional(numbers[i]));
    }
    return result;
}

Tensor ones_like(const Tensor& like) { return Tensor::ones(like.shape(), like.dtype()); }

/// All 0 but one.
Tensor only(Index element, double value, const Shape& shape, DType dtype) {
    std::vector<double> elements(static_cast<std::size_t>(element_count(shape)), 0.0);
    elements[static_cast<std::size_t>(element)] = value;
    return Tensor(shape, elements, dtype);
}

}  // namespace

Grid image_grid(const Tensor& image) { return grid(image, ones_like(image), image.extent(2)); }
Grid filter_grid(const Tensor& filter) { return grid(filter, ones_like(filter), filter.extent(1)); }

Grid patch_of(const Tensor& x, const Conv2DForm& form, Index e) {
    // The gradient of one output for the filter is the patch that it sees.
    const Tensor one = only(e, 1, form.output_shape(), x.dtype());
    return grid(conv2d_weight_gradient(x, one, form).value(), conv2d_weight_gradient(ones_like(x), one, form).value(),
                form.width.kernel);
}

Grid block_of(const Tensor& y, const Tensor& w, const Conv2DForm& form, Index e) {
    return grid(conv2d_input_gradient(only(e, y[e], y.shape(), y.dtype()), w, form).value(),
                conv2d_input_gradient(only(e, 1, y.shape(), y.dtype()), ones_like(w), form).value(), form.width.image);
}

Grid seen_by(const Tensor& x, const Conv2DForm& form, Index e) {
    // A filter with one tap only copies the pixels that the tap sees.
    const Tensor one = only(e, 1, form.weight_shape(), x.dtype());
    return grid(conv2d(x, one, form).value(), conv2d(ones_like(x), one, form).value(), form.width.output);
}

Grid pixels_of_output(const Conv2DForm& form, Index e) {
    return block_of(Tensor::ones(form.output_shape()), Tensor::ones(form.weight_shape()), form, e);
}

Grid pixels_of_tap(const Conv2DForm& form, Index e) {
    const Tensor one = only(e, 1, form.weight_shape(), DType::float32);
    const Tensor pixels = conv2d_input_gradient(Tensor::ones(form.output_shape()), one, form).value();
    return grid(pixels, pixels, form.width.image);
}

Place place(Index element, Index columns) { return {element / columns, element % columns}; }

std::string text(const Place& p) { return fmt::format("({}, {})", p.row, p.column); }

std::string brief(double number) { return fmt::format("{:.7g}", number + 0.0); }

}  // namespace adjoint
