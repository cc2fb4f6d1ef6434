// Convolution kernels: the three operations on tensors, by the direct loops or by the definition.
#pragma once

#include <optional>
#include <string>

#include "framework/convolution/conv2d_form.h"
#include "framework/convolution/epilogue.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// What computes convolutions: loops that keep their sums in registers, or the definition, which is slower. At first
/// ADJOINT_CONVOLUTION, else direct.
enum class ConvolutionKernels { direct, reference };
ConvolutionKernels convolution_kernels();
void set_convolution_kernels(ConvolutionKernels kernels);

/// "direct" or "reference", and back. Throws where it is neither.
const char* name(ConvolutionKernels kernels);
ConvolutionKernels convolution_kernels(const std::string& name);

/// The instructions that this build of the library uses: "x86-64-v3", "x86-64", "aarch64", ….
const char* instruction_set();

namespace kernels {

using TensorEpilogue = Epilogue<std::optional<Tensor>>;

/// y = P(x)·W, and the epilogue. Operands must fit the form; throws where their element types differ, as the next two
/// do.
Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2DForm& form, const TensorEpilogue& epilogue);
/// x = Pᵀ(y·Wᵀ), and the epilogue.
Tensor conv2d_input_gradient(const Tensor& y, const Tensor& w, const Conv2DForm& form, const TensorEpilogue& epilogue);
/// w = P(x)ᵀ·y.
Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& y, const Conv2DForm& form);

}  // namespace kernels
}  // namespace adjoint
