// How are the three convolution operations computed? Each as matrix products of cache-sized tiles of the patch matrix.
#pragma once

#include "framework/conv2d_form.h"
#include "framework/tensor.h"

namespace adjoint {

/// What is done to a result r while it is in cache: r ← r + bias, then slope·r where r is not positive.
struct Epilogue {
    const Tensor* bias = nullptr;  ///< a number for each channel of the result, or none
    double slope = 1.0;            ///< 1 leaves r as it is, 0 is relu
};

/// y = P(x)·W
Tensor convolve(const Tensor& x, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue = {});
/// x = Pᵀ(y·Wᵀ)
Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue = {});
/// w = P(x)ᵀ·y
Tensor correlate_patches(const Tensor& x, const Tensor& y, const Conv2DForm& form);

}  // namespace adjoint
