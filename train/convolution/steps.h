// Steps of a convolution: how each number comes about, as on paper.
#pragma once

#include <string>

#include "framework/convolution/conv2d_form.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// Throws Error, in the name of `operation`, unless there is one image of one channel and one filter, small enough to
/// be drawn, and a and b are finite.
void require_drawable(const char* operation, const Conv2DForm& form, const Tensor& a, const Tensor& b);

/// Each output: the patch under the filter, times the filter, summed.
/// All three throw as require_drawable does.
std::string conv2d_steps(const Tensor& x, const Tensor& w, const Conv2DForm& form);

/// Each input element: the element times the filter, where that block lands, and what it is added to; then where blocks
/// overlap, and the matrix whose transpose this is.
std::string conv2d_transpose_steps(const Tensor& y, const Tensor& w, const Conv2DForm& form);

/// Each tap of the filter: the pixels that it saw, times the output gradient, summed.
std::string conv2d_weight_gradient_steps(const Tensor& x, const Tensor& y, const Conv2DForm& form);

}  // namespace adjoint
