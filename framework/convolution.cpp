#include "framework/convolution.h"

#include "framework/convolution_kernels.h"

namespace adjoint {
namespace {

void require_shape(const char* operation, const char* role, const Variable& operand, const Shape& expected) {
    require(operand.shape() == expected, "{}: the form expects {} {}; got {}", operation, role, expected,
            operand.shape());
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& w, const Conv2DForm& form, const Finish& finish) {
    require_shape("conv2d", "input", x, form.image_shape());
    require_shape("conv2d", "weight", w, form.weight_shape());
    require_finish("conv2d", finish, form.filters, x);
    return record_finished(convolve(x.value(), w.value(), form, finish), finish,
                           {{x, [=](const Variable& g) { return conv2d_input_gradient(g, w, form); }},
                            {w, [=](const Variable& g) { return conv2d_weight_gradient(x, g, form); }}});
}

Variable conv2d_input_gradient(const Variable& y, const Variable& w, const Conv2DForm& form, const Finish& finish) {
    require_shape("conv2d_input_gradient", "output gradient", y, form.output_shape());
    require_shape("conv2d_input_gradient", "weight", w, form.weight_shape());
    require_finish("conv2d_input_gradient", finish, form.channels, y);
    return record_finished(convolve_transposed(y.value(), w.value(), form, finish), finish,
                           {{y, [=](const Variable& g) { return conv2d(g, w, form); }},
                            {w, [=](const Variable& g) { return conv2d_weight_gradient(g, y, form); }}});
}

Variable conv2d_weight_gradient(const Variable& x, const Variable& y, const Conv2DForm& form) {
    require_shape("conv2d_weight_gradient", "input", x, form.image_shape());
    require_shape("conv2d_weight_gradient", "output gradient", y, form.output_shape());
    return record(correlate(x.value(), y.value(), form),
                  {{x, [=](const Variable& g) { return conv2d_input_gradient(y, g, form); }},
                   {y, [=](const Variable& g) { return conv2d(x, g, form); }}});
}

Variable conv2d(const Variable& x, const Variable& w, const Conv2DOptions& options) {
    return conv2d(x, w, Conv2DForm::of("conv2d", x.shape(), w.shape(), options));
}

Variable conv2d_transpose(const Variable& y, const Variable& w, const Conv2DTransposeOptions& options) {
    return conv2d_input_gradient(y, w, transposed_form(y.shape(), w.shape(), options));
}

}  // namespace adjoint
