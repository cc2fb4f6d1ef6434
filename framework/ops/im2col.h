// im2col and col2im (unfold and fold) as operations: P(x), the patch under the window at each output pixel, and its
// adjoint Pᵀ.
#pragma once

#include "framework/autograd/tape.h"
#include "framework/kernels/conv2d_form.h"

namespace adjoint {

/// p[n, i, j, k, l, c] = x[n, i·s + k·d − p, j·s + l·d − p, c], 0 outside the image: conv2d is a product with it.
/// Shapes: x [N, H, W, C], p [N, H′, W′, K, L, C], whatever the form's filters and groups.
/// Gradient: x ← sum_patches(g).
/// Throws `patches: the form expects images [1, 4, 4, 2]; got [1, 4, 4, 3]`.
Variable patches(const Variable& x, const Conv2DForm& form);

/// x[n, h, w, c] = Σ p[n, i, j, k, l, c] over all i, j, k, l that lead there: patches added where they overlap.
/// Gradient: p ← patches(g).
/// Throws `sum_patches: the form expects patches [1, 3, 3, 2, 2, 2]; got [1, 3, 3, 8]`.
Variable sum_patches(const Variable& p, const Conv2DForm& form);

}  // namespace adjoint
