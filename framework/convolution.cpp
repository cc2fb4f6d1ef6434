#include "framework/convolution.h"

#include <cstdlib>

#include "framework/direct_convolution.h"
#include "framework/elementwise.h"
#include "framework/observer.h"
#include "framework/reduction.h"
#include "framework/reference_convolution.h"

namespace adjoint {
namespace {

ConvolutionKernels& chosen_kernels() {
    const char* const wish = std::getenv("ADJOINT_CONVOLUTION");
    static ConvolutionKernels chosen = convolution_kernels(wish == nullptr || *wish == '\0' ? "direct" : wish);
    return chosen;
}

template <class Kernel>
Kernel* chosen(Kernel* direct, Kernel* reference) {
    return chosen_kernels() == ConvolutionKernels::direct ? direct : reference;
}

// A tensor that fill(a, b, result) computes from pointers to the numbers of a and b.
template <class Fill>
Tensor compute(const char* operation, const Variable& a, const Variable& b, const Conv2DForm& form, const Shape& shape,
               Fill fill) {
    // A multiplication and an addition for each patch entry and filter of each group.
    const double flops = 2.0 * static_cast<double>(form.rows()) * static_cast<double>(form.columns() * form.filters);
    const ProfileScope scope(operation, flops);
    require_same_dtype(operation, a.value(), b.value());
    return dispatch(a.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(shape, [&](std::span<T> result) {
            fill(a.value().data<T>().data(), b.value().data<T>().data(), result.data());
        });
    });
}

template <Scalar T>
Epilogue<const T*> pointing(const Epilogue<>& epilogue) {
    return {epilogue.bias ? epilogue.bias->value().data<T>().data() : nullptr, epilogue.activation};
}

void require_epilogue(const char* operation, const Epilogue<>& epilogue, Index channels, const Variable& operand) {
    const auto& [bias, activation] = epilogue;
    require(activation.slope >= 0.0, "{}: the slope must not be negative; got {}", operation, activation.slope);
    if (!bias) return;
    require(bias->shape() == Shape{channels}, "{}: bias must be [{}]; got {}", operation, channels, bias->shape());
    require_same_dtype(operation, operand.value(), bias->value());
}

// Records that y = activation(r + bias), for an r with these edges.
Variable record_with(const Epilogue<>& epilogue, const char* operation, const Variable& y, std::vector<Edge> edges) {
    const auto& [bias, activation] = epilogue;
    if (bias) edges.push_back({*bias, [shape = bias->shape()](const Variable& g) { return sum_to(g, shape); }});
    if (activation.identity()) return record(y, std::move(edges), {}, operation);
    // y > 0 where r + bias > 0.
    const auto to_sum = [y, slope = activation.slope](Variable g) { return relu_gradient(std::move(g), y, slope); };
    return record(y, std::move(edges), to_sum, operation);
}

// ---- value and gradient, of operands that fit the form

Variable fitting_conv2d(const Variable& x, const Variable& w, const Conv2DForm& form, const Epilogue<>& epilogue) {
    require_epilogue("conv2d", epilogue, form.filters, x);
    const Tensor y =
        compute("conv2d", x, w, form, form.output_shape(), [&]<class T>(const T* a, const T* b, T* result) {
            chosen(direct::conv2d<T>, reference::conv2d<T>)(a, b, result, form, pointing<T>(epilogue));
        });
    return record_with(epilogue, "conv2d", y,
                       {{x, [=](const Variable& g) { return conv2d_input_gradient(g, w, form); }},
                        {w, [=](const Variable& g) { return conv2d_weight_gradient(x, g, form); }}});
}

Variable fitting_input_gradient(const Variable& y, const Variable& w, const Conv2DForm& form,
                                const Epilogue<>& epilogue) {
    constexpr const char* operation = "conv2d_input_gradient";
    require_epilogue(operation, epilogue, form.channels, y);
    const Tensor x =
        compute(operation, y, w, form, form.image_shape(), [&]<class T>(const T* a, const T* b, T* result) {
            chosen(direct::conv2d_input_gradient<T>, reference::conv2d_input_gradient<T>)(a, b, result, form,
                                                                                          pointing<T>(epilogue));
        });
    return record_with(epilogue, operation, x,
                       {{y, [=](const Variable& g) { return conv2d(g, w, form); }},
                        {w, [=](const Variable& g) { return conv2d_weight_gradient(g, y, form); }}});
}

Variable fitting_weight_gradient(const Variable& x, const Variable& y, const Conv2DForm& form) {
    constexpr const char* operation = "conv2d_weight_gradient";
    const Tensor w =
        compute(operation, x, y, form, form.weight_shape(), [&]<class T>(const T* a, const T* b, T* result) {
            chosen(direct::conv2d_weight_gradient<T>, reference::conv2d_weight_gradient<T>)(a, b, result, form);
        });
    return record_with({}, operation, w,
                       {{x, [=](const Variable& g) { return conv2d_input_gradient(y, g, form); }},
                        {y, [=](const Variable& g) { return conv2d(x, g, form); }}});
}

void require_shape(const char* operation, const char* role, const Variable& operand, const Shape& expected) {
    require(operand.shape() == expected, "{}: the form expects {} {}; got {}", operation, role, expected,
            operand.shape());
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& w, const Conv2DForm& form, const Epilogue<>& epilogue) {
    require_shape("conv2d", "input", x, form.image_shape());
    require_shape("conv2d", "weight", w, form.weight_shape());
    return fitting_conv2d(x, w, form, epilogue);
}

Variable conv2d_input_gradient(const Variable& y, const Variable& w, const Conv2DForm& form,
                               const Epilogue<>& epilogue) {
    require_shape("conv2d_input_gradient", "output gradient", y, form.output_shape());
    require_shape("conv2d_input_gradient", "weight", w, form.weight_shape());
    return fitting_input_gradient(y, w, form, epilogue);
}

Variable conv2d_weight_gradient(const Variable& x, const Variable& y, const Conv2DForm& form) {
    require_shape("conv2d_weight_gradient", "input", x, form.image_shape());
    require_shape("conv2d_weight_gradient", "output gradient", y, form.output_shape());
    return fitting_weight_gradient(x, y, form);
}

Variable conv2d(const Variable& x, const Variable& w, const Conv2DOptions& options, const Epilogue<>& epilogue) {
    return fitting_conv2d(x, w, Conv2DForm::of("conv2d", x.shape(), w.shape(), options), epilogue);
}

Variable conv2d_transpose(const Variable& y, const Variable& w, const Conv2DTransposeOptions& options,
                          const Epilogue<>& epilogue) {
    return fitting_input_gradient(y, w, transposed_form(y.shape(), w.shape(), options), epilogue);
}

ConvolutionKernels convolution_kernels() { return chosen_kernels(); }

void set_convolution_kernels(ConvolutionKernels kernels) { chosen_kernels() = kernels; }

const char* name(ConvolutionKernels kernels) { return kernels == ConvolutionKernels::direct ? "direct" : "reference"; }

ConvolutionKernels convolution_kernels(const std::string& name) {
    require(name == "direct" || name == "reference", "convolution: must be direct or reference; got {}", name);
    return name == "direct" ? ConvolutionKernels::direct : ConvolutionKernels::reference;
}

}  // namespace adjoint
