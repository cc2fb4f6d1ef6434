// im2col and col2im (unfold and fold) as operations: P(x), the patch under the window at each output pixel, and its
// adjoint Pᵀ; and the whole convolution as a matrix.
#pragma once

#include "framework/autograd/tape.h"
#include "framework/convolution/conv2d_form.h"
#include "framework/ops/sparse_matrix.h"

namespace adjoint {

/// p[n, i, j, k, l, c] = x[n, i·s + k·d − p, j·s + l·d − p, c], 0 outside the image: conv2d is a product with it.
/// Shapes: x [N, H, W, C], p [N, H′, W′, K, L, C], whatever the form's filters and groups.
/// Gradient: x ← col2im(g).
/// Throws `im2col: the form expects images [1, 4, 4, 2]; got [1, 4, 4, 3]`.
Variable im2col(const Variable& x, const Conv2DForm& form);

/// x[n, h, w, c] = Σ p[n, i, j, k, l, c] over all i, j, k, l that lead there: patches added where they overlap.
/// Gradient: p ← im2col(g).
/// Throws `col2im: the form expects patches [1, 3, 3, 2, 2, 2]; got [1, 3, 3, 8]`.
Variable col2im(const Variable& p, const Conv2DForm& form);

/// The matrix of a convolution, which is linear in its image; transposed it is that of the transposed convolution, and
/// gave it its name: C with conv2d(x, w) = C·x and conv2d_input_gradient(y, w) = Cᵀ·y, for x and y as columns of all
/// their elements: a row for each output element [n, i, j, o], a column for each image element [n, h, w, c], in
/// row-major order. To look at and to learn from: of a real layer it is enormous.
/// Throws `convolution_matrix: the form expects weight [3, 3, 1, 2]; got [3, 3, 2, 2]`.
SparseMatrix convolution_matrix(const Tensor& w, const Conv2DForm& form);

}  // namespace adjoint
