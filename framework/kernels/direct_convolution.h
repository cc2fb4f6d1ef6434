// Direct convolution: the three operations as reference_convolution.h defines them, without the patch matrix. Pixels
// are summed over the taps that lead to them, filters over the pixels that their taps join, both in tiles that stay in
// the processor's registers.
#pragma once

#include "framework/kernels/conv2d_form.h"
#include "framework/kernels/microkernel.h"

namespace adjoint::direct {

/// y = P(x)·W, and the epilogue. Each pixel's sum is made by one thread in the order of the taps: nothing else changes
/// its bits.
template <Scalar T>
void conv2d(const T* x, const T* w, T* y, const Conv2DForm& form, const Epilogue<const T*>& epilogue);

/// x = Pᵀ(y·Wᵀ), and the epilogue: the same sum, with the way of the taps reversed.
template <Scalar T>
void conv2d_input_gradient(const T* y, const T* w, T* x, const Conv2DForm& form, const Epilogue<const T*>& epilogue);

/// w = P(x)ᵀ·y. A sum over the batch: its lines of pixels are cut into at most `batch_blocks` blocks, each is summed in
/// order, and the blocks are added as a fixed tree. It stands in weight_gradient_kernel.cpp.
template <Scalar T>
void conv2d_weight_gradient(const T* x, const T* y, T* w, const Conv2DForm& form);

}  // namespace adjoint::direct
