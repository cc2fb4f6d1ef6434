// Matrix of a convolution, which is linear in its image; that of the transposed convolution is this one transposed, and
// gave it its name.
#pragma once

#include "framework/kernels/conv2d_form.h"
#include "framework/ops/sparse_matrix.h"

namespace adjoint {

/// C with conv2d(x, w) = C·x and conv2d_input_gradient(y, w) = Cᵀ·y, for x and y as columns of all their elements: a
/// row for each output element [n, i, j, o], a column for each image element [n, h, w, c], in row-major order. To look
/// at and to learn from: of a real layer it is enormous.
/// Throws `convolution_matrix: the form expects weight [3, 3, 1, 2]; got [3, 3, 2, 2]`.
SparseMatrix convolution_matrix(const Tensor& w, const Conv2DForm& form);

}  // namespace adjoint
