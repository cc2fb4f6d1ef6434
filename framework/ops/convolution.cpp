#include "framework/ops/convolution.h"

#include <fmt/ranges.h>

#include "framework/kernels/convolution_kernels.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"

namespace adjoint {
namespace {

void require_shape(const char* operation, const char* role, const Variable& operand, const Shape& expected) {
    require(operand.shape() == expected, "{}: the form expects {} {}; got {}", operation, role, expected,
            operand.shape());
}

// The epilogue of an operation on this operand as the kernels take it.
kernels::TensorEpilogue checked(const char* operation, const Epilogue<>& epilogue, Index channels,
                                const Variable& operand) {
    const auto& [bias, activation] = epilogue;
    require_at_least(operation, 0, {{"the activation's slope", activation.slope}});
    if (!bias) return {.activation = activation};
    require(bias->shape() == Shape{channels}, "{}: bias must be [{}]; got {}", operation, channels, bias->shape());
    require_same_dtype(operation, operand.value(), bias->value());
    return {.bias = bias->value(), .activation = activation};
}

// Records that y = activation(r + bias), for an r of this form with these edges.
Variable record_with(const Epilogue<>& epilogue, const Conv2DForm& form, const Variable& y, std::vector<Edge> edges,
                     const char* operation = __builtin_FUNCTION()) {
    const auto& [bias, activation] = epilogue;
    // First: second derivatives add up in the order of a bias that is a step of its own behind the convolution.
    if (bias) {
        edges.insert(edges.begin(),
                     Edge{*bias, [extents = Extents(*bias)](const Variable& g) { return sum_as(g, extents); }});
    }
    const OperationCall call(operation, {{"form", form}, {"slope", activation.slope}});
    if (activation.identity()) return record(y, std::move(edges), {}, call);
    // y > 0 where r + bias > 0.
    const auto to_sum = [y, slope = activation.slope](Variable g) { return relu_gradient(std::move(g), y, slope); };
    return record(y, std::move(edges), to_sum, call);
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& w, const Conv2DForm& form, const Epilogue<>& epilogue) {
    require_shape("conv2d", "input", x, form.image_shape());
    require_shape("conv2d", "weight", w, form.weight_shape());
    const auto after = checked("conv2d", epilogue, form.filters, x);
    return record_with(epilogue, form, kernels::conv2d(x.value(), w.value(), form, after),
                       {{x, [=](const Variable& g) { return conv2d_input_gradient(g, w, form); }},
                        {w, [=](const Variable& g) { return conv2d_weight_gradient(x, g, form); }}});
}

Variable conv2d_input_gradient(const Variable& y, const Variable& w, const Conv2DForm& form,
                               const Epilogue<>& epilogue) {
    require_shape("conv2d_input_gradient", "output gradient", y, form.output_shape());
    require_shape("conv2d_input_gradient", "weight", w, form.weight_shape());
    const auto after = checked("conv2d_input_gradient", epilogue, form.channels, y);
    return record_with(epilogue, form, kernels::conv2d_input_gradient(y.value(), w.value(), form, after),
                       {{y, [=](const Variable& g) { return conv2d(g, w, form); }},
                        {w, [=](const Variable& g) { return conv2d_weight_gradient(g, y, form); }}});
}

Variable conv2d_weight_gradient(const Variable& x, const Variable& y, const Conv2DForm& form) {
    require_shape("conv2d_weight_gradient", "input", x, form.image_shape());
    require_shape("conv2d_weight_gradient", "output gradient", y, form.output_shape());
    return record(kernels::conv2d_weight_gradient(x.value(), y.value(), form),
                  {{x, [=](const Variable& g) { return conv2d_input_gradient(y, g, form); }},
                   {y, [=](const Variable& g) { return conv2d(x, g, form); }}});
}

Variable conv2d(const Variable& x, const Variable& w, const Conv2DOptions& options, const Epilogue<>& epilogue) {
    return conv2d(x, w, Conv2DForm::of("conv2d", x.shape(), w.shape(), options), epilogue);
}

Variable conv2d_transpose(const Variable& y, const Variable& w, const Conv2DTransposeOptions& options,
                          const Epilogue<>& epilogue) {
    return conv2d_input_gradient(y, w, transposed_form(y.shape(), w.shape(), options), epilogue);
}

}  // namespace adjoint
