// Random convolution shapes of every kind, each a function of its number alone.
#pragma once

#include <string>

#include "framework/convolution/conv2d_form.h"
#include "framework/tensor/random.h"

namespace adjoint {

/// All that a form says, in one line; two forms are the same where their lines are.
std::string to_string(const Conv2DForm& form);

/// A small form: any rule of padding (four sides also crop), strides 1–4, dilations 1–3, kernels 1–5, channels
/// from one to more than fill vectors, one group or a few or many small ones or one a channel, batches of 1–3; height
/// and width are drawn apart.
Conv2DForm random_form(const Random& random);

/// Whole numbers from −3 to 3: sums of their products are exact in either element type, in any order.
Tensor random_integers(const Shape& shape, const Random& random, DType dtype = DType::float64);

}  // namespace adjoint
