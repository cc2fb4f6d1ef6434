// How are the three convolution operations computed? The patch matrix is never made: pixels are summed over the taps that
// lead to them (pixel_sums), filters over the pairs of pixels that taps join (filter_sums), both in tiles that stay in
// the processor's registers (register_tile).
#pragma once

#include "framework/conv2d_form.h"
#include "framework/finish.h"

namespace adjoint {

/// y = P(x)·W, finished
Tensor convolve(const Tensor& x, const Tensor& w, const Conv2DForm& form, const Finish& finish);
/// x = Pᵀ(y·Wᵀ), finished
Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Conv2DForm& form, const Finish& finish);
/// w = P(x)ᵀ·y
Tensor correlate(const Tensor& x, const Tensor& y, const Conv2DForm& form);

}  // namespace adjoint
