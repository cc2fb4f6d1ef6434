// Convolutions of PyTorch and ONNX by definition, in their own layout [N, C, H, W], as sums of the terms of T: the
// oracle of the tests of those conventions.
#pragma once

#include <vector>

#include "framework/kernels/conv2d_form.h"
#include "framework/tensor/tensor.h"

namespace adjoint::channels_first {

struct Sizes {
    Size2D stride = {1, 1};
    Sides padding = {};  ///< top and left move the result, bottom and right only end it
    Size2D dilation = {1, 1};
    Index groups = 1;
};

/// y[n, o, i, j] = b[o] + Σ x[n, c, i·s + k·d − p, j·s + l·d − p] · w[o, c, k, l] over the c, k, l of o's group.
Tensor conv(const Tensor& x, const Tensor& w, const std::vector<double>& b, const Sizes& sizes, const Size2D& output);

/// y[n, o, i·s + k·d − p, j·s + l·d − p] = b[o] + Σ x[n, c, i, j] · w[c, o, k, l] over the c of o's group and all i, j,
/// k, l that lead there.
Tensor conv_transpose(const Tensor& x, const Tensor& w, const std::vector<double>& b, const Sizes& sizes,
                      const Size2D& output);

}  // namespace adjoint::channels_first
