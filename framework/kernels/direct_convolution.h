// Direct convolution: the three operations as reference_convolution.h defines them, without the patch matrix. Pixels
// are summed over the taps that lead to them, filters over the pixels that their taps join, both in tiles that stay in
// the processor's registers.
#pragma once

#include "framework/kernels/microkernel.h"
#include "framework/kernels/tap_groups.h"
#include "framework/tensor/batch_blocks.h"

namespace adjoint::direct {

/// y = P(x)·W where the target is the output, or x = Pᵀ(y·Wᵀ), the same sum with the way of the taps reversed, where it
/// is the image; and the epilogue. Each pixel's sum is made by one thread in the order of the taps: nothing else
/// changes its bits. In bf16 factors of float32 are rounded as they are packed.
template <Scalar T>
void sum_pixels(const T* source, const T* w, T* target, const Conv2DForm& form, Side side,
                const Epilogue<const T*>& epilogue, Precision precision);

/// w = P(x)ᵀ·y: a sum over the batch, of its blocks that are here and of all others. It stands in
/// weight_gradient_kernel.cpp.
template <Scalar T>
void conv2d_weight_gradient(const T* x, const T* y, T* w, const Conv2DForm& form, const BatchBlocks& blocks,
                            Precision precision);

}  // namespace adjoint::direct
