#include "tests/support/channels_first.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/trilinear_form.h"

namespace adjoint::channels_first {
namespace {

// The form in which images meet weights [O, C / groups, K, L].
Conv2DForm form_of(const Tensor& w, const Sizes& sizes, Index batch, const Size2D& image, const Size2D& output) {
    const auto axis = [](Index pixels, Index kernel, Index stride, Index dilation, Index padding, Index outputs) {
        return ConvAxis{pixels, kernel, stride, dilation, padding, /*after=*/0, outputs};
    };
    return {
        batch,
        w.extent(1) * sizes.groups,
        w.extent(0),
        sizes.groups,
        axis(image.height, w.extent(2), sizes.stride.height, sizes.dilation.height, sizes.padding.top, output.height),
        axis(image.width, w.extent(3), sizes.stride.width, sizes.dilation.width, sizes.padding.left, output.width)};
}

Tensor channels_last(const Tensor& x) { return transpose(x, {0, 2, 3, 1}).value(); }
Tensor taps_first(const Tensor& w) { return transpose(w, {2, 3, 1, 0}).value(); }

Tensor result(const Variable& y, const std::vector<double>& b) {
    const Variable turned = transpose(y, {0, 3, 1, 2});
    return b.empty() ? turned.value() : (turned + Tensor({std::ssize(b), 1, 1}, b, DType::float64)).value();
}

}  // namespace

Tensor conv(const Tensor& x, const Tensor& w, const std::vector<double>& b, const Sizes& sizes, const Size2D& output) {
    const Conv2DForm form = form_of(w, sizes, x.extent(0), {x.extent(2), x.extent(3)}, output);
    return result(literal::conv2d(channels_last(x), taps_first(w), form), b);
}

Tensor conv_transpose(const Tensor& x, const Tensor& w, const std::vector<double>& b, const Sizes& sizes,
                      const Size2D& output) {
    const Conv2DForm form = form_of(w, sizes, x.extent(0), output, {x.extent(2), x.extent(3)});
    return result(literal::conv2d_input_gradient(channels_last(x), taps_first(w), form), b);
}

}  // namespace adjoint::channels_first
