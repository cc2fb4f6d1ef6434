#include "framework/kernels/convolution_kernels.h"

#include <cstdlib>

#include "framework/convolution/reference_convolution.h"
#include "framework/kernels/direct_convolution.h"
#include "framework/tensor/observer.h"
#include "framework/tensor/precision.h"

namespace adjoint {
namespace {

ConvolutionKernels& chosen() {
    const char* const wish = std::getenv("ADJOINT_CONVOLUTION");
    static ConvolutionKernels kernels = convolution_kernels(wish == nullptr || *wish == '\0' ? "direct" : wish);
    return kernels;
}

// The tensor that one of two functions of (a, b, result, epilogue) computes, all of them pointers to numbers: the
// direct loops, which round factors as they pack them, or the definition, which takes them rounded.
template <class Direct, class Definition>
Tensor compute(const char* operation, const Tensor& a, const Tensor& b, const Conv2DForm& form, const Shape& shape,
               const kernels::TensorEpilogue& epilogue, Direct direct, Definition definition) {
    // A multiplication and an addition for each patch entry and filter of each group.
    const double flops = 2.0 * static_cast<double>(form.rows()) * static_cast<double>(form.columns() * form.filters);
    const ProfileScope scope(operation, flops);
    require_same_dtype(operation, a, b);
    const auto with = [&](auto kernel, const Tensor& left, const Tensor& right) {
        return Tensor::build(shape, left.dtype(), [&]<Scalar T>(std::span<T> result) {
            const T* const bias = epilogue.bias ? epilogue.bias->template data<T>().data() : nullptr;
            const Epilogue<const T*> after = {bias, epilogue.activation};
            kernel(left.data<T>().data(), right.data<T>().data(), result.data(), after);
        });
    };
    return chosen() == ConvolutionKernels::direct ? with(direct, a, b) : with(definition, as_factor(a), as_factor(b));
}

}  // namespace

const char* instruction_set() {
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
    return "x86-64-v4";
#elif defined(__AVX2__) && defined(__FMA__)
    return "x86-64-v3";
#elif defined(__SSE4_2__) && defined(__POPCNT__)
    return "x86-64-v2";
#elif defined(__x86_64__)
    return "x86-64";
#elif defined(__aarch64__)
    return "aarch64";
#else
    return "generic";
#endif
}

ConvolutionKernels convolution_kernels() { return chosen(); }

void set_convolution_kernels(ConvolutionKernels kernels) { chosen() = kernels; }

const char* name(ConvolutionKernels kernels) { return kernels == ConvolutionKernels::direct ? "direct" : "reference"; }

ConvolutionKernels convolution_kernels(const std::string& name) {
    require(name == "direct" || name == "reference", "convolution: must be direct or reference; got {}", name);
    return name == "direct" ? ConvolutionKernels::direct : ConvolutionKernels::reference;
}

Tensor kernels::conv2d(const Tensor& x, const Tensor& w, const Conv2DForm& form, const TensorEpilogue& epilogue) {
    return compute(
        "conv2d", x, w, form, form.output_shape(), epilogue,
        [&, precision = PrecisionScope::here()](auto* a, auto* b, auto* y, const auto& e) {
            direct::sum_pixels(a, b, y, form, direct::Side::output, e, precision);
        },
        [&](auto* a, auto* b, auto* y, const auto& e) { reference::conv2d(a, b, y, form, e); });
}

Tensor kernels::conv2d_input_gradient(const Tensor& y, const Tensor& w, const Conv2DForm& form,
                                      const TensorEpilogue& epilogue) {
    return compute(
        "conv2d_input_gradient", y, w, form, form.image_shape(), epilogue,
        [&, precision = PrecisionScope::here()](auto* a, auto* b, auto* x, const auto& e) {
            direct::sum_pixels(a, b, x, form, direct::Side::image, e, precision);
        },
        [&](auto* a, auto* b, auto* x, const auto& e) { reference::conv2d_input_gradient(a, b, x, form, e); });
}

Tensor kernels::conv2d_weight_gradient(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    const BatchBlocks blocks(x.batch() > 0 ? x : y);
    return compute(
               "conv2d_weight_gradient", x, y, form, form.weight_shape(), {},
               [&, precision = PrecisionScope::here()](auto* a, auto* b, auto* w, const auto&) {
                   direct::conv2d_weight_gradient(a, b, w, form, blocks, precision);
               },
               [&](auto* a, auto* b, auto* w, const auto&) {
                   reference::conv2d_weight_gradient(a, b, w, form, blocks);
               })
        .with_batch(x.batch() + y.batch() > 0 ? Tensor::undivided : 0);
}

}  // namespace adjoint
