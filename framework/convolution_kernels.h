// How are the three convolution operations computed? The patch matrix is never made: pixels are summed over the taps that
// lead to them (pixel_sums), filters over the pairs of pixels that taps join (filter_sums), both in tiles that stay in
// the processor's registers (register_tile).
#pragma once

#include "framework/conv2d_form.h"
#include "framework/tensor.h"

namespace adjoint {

/// What is done to a result r before it is written: r ← r + bias, then slope·r where r is not positive.
struct Epilogue {
    const Tensor* bias = nullptr;  ///< a number for each channel of the result, or none
    double slope = 1.0;            ///< 1 leaves r as it is, 0 is relu
};

/// y = P(x)·W
Tensor convolve(const Tensor& x, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue = {});
/// x = Pᵀ(y·Wᵀ)
Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue = {});
/// w = P(x)ᵀ·y
Tensor correlate(const Tensor& x, const Tensor& y, const Conv2DForm& form);

}  // namespace adjoint
