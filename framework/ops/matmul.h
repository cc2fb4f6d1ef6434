// Matrix product, differentiable.
#pragma once

#include "framework/autograd/tape.h"

namespace adjoint {

/// Which of the factors are transposed (their last two axes).
struct MatmulOptions {
    bool transpose_a = false;
    bool transpose_b = false;
};

/// y = a·b, or with aᵀ or bᵀ in their place.   Shapes: a [..., m, k], b [..., k, n], y [..., m, n]; leading axes are
/// broadcast as in NumPy, so that b may be one matrix for all of a.
/// Gradient (nothing transposed): a ← g·bᵀ,  b ← aᵀ·g, summed over axes in which they were broadcast.
/// Throws `matmul: inner extents differ; got [2, 3] and [4, 5]`.
Variable matmul(const Variable& a, const Variable& b, MatmulOptions options = {});

}  // namespace adjoint
