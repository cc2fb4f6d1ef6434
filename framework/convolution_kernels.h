// How are the three convolution operations computed? Each as matrix products of cache-sized tiles of the patch matrix.
#pragma once

#include "framework/conv2d_form.h"
#include "framework/tensor.h"

namespace adjoint {

/// y = P(x)·W
Tensor convolve(const Tensor& x, const Tensor& w, const Conv2DForm& form);
/// x = Pᵀ(y·Wᵀ)
Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Conv2DForm& form);
/// w = P(x)ᵀ·y
Tensor correlate_patches(const Tensor& x, const Tensor& y, const Conv2DForm& form);

}  // namespace adjoint
