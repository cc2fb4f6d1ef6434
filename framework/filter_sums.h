// How is the gradient of the filters computed? As a sum over all pairs of an image pixel and an output pixel that a tap
// joins.
#pragma once

#include "framework/conv2d_form.h"
#include "framework/dtype.h"

namespace adjoint {

/// w[k, l, c, o] = Σ x[n, i·s + k·d − p, j·s + l·d − p, c]·y[n, i, j, o] over n, i, j. A sum over the batch: its lines of
/// pixels are cut into at most `batch_blocks` blocks, each is summed in order, and the blocks are added as a fixed tree.
template <Scalar T>
void sum_filters(const T* x, const T* y, T* w, const Conv2DForm& form);

}  // namespace adjoint
