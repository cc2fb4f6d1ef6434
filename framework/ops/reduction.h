// Reductions (sum, mean, max, softmax, standardize) and their derivatives.
//
// `axes` empty means all axes; negative ones count from the end; `Keep::yes` leaves an extent of 1 in their place.
// Sums run in an order fixed by the shape alone, the same for any number of threads.
#pragma once

#include "framework/autograd/tape.h"

namespace adjoint {

enum class Keep { no, yes };

/// Σ x over the axes.   Gradient: x ← g repeated over the axes.
Variable sum(const Variable& x, const std::vector<Index>& axes = {}, Keep keep = Keep::no);
/// The mean of x over the axes.   Gradient: x ← g / count, repeated.
Variable mean(const Variable& x, const std::vector<Index>& axes = {}, Keep keep = Keep::no);
/// The largest x along an axis, NaN where one is.   Gradient: g to the largest element, in equal parts where several
/// are.
Variable max(const Variable& x, Index axis, Keep keep = Keep::no);
/// x − log Σ eˣ along an axis, without overflow.   Gradient: x ← g − eʸ·Σg.
Variable log_softmax(const Variable& x, Index axis = -1);
/// eˣ / Σ eˣ along an axis: exp(log_softmax(x)).
Variable softmax(const Variable& x, Index axis = -1);

/// y = (x − μ) / √(σ² + ε) with the mean μ and the variance σ² (with divisor n) of x over the axes, negative ones
/// counted from the end.   Gradient: that of the composition, x ← r·(g − mean g − y·mean g·y) with r = 1 / √(σ² + ε).
Variable standardize(const Variable& x, const std::vector<Index>& axes, double epsilon);

/// Sums x over the axes in which `shape` was broadcast to x's shape: the adjoint of broadcast_to.
/// Throws `sum_to: [3] does not broadcast to [2, 4]`.
Variable sum_to(const Variable& x, const Shape& shape);
/// Repeats x along its axes of extent 1 and along new leading ones.   Gradient: x ← sum_to(g, x's shape).
/// Throws `broadcast_to: [3] does not broadcast to [2, 4]`.
Variable broadcast_to(const Variable& x, const Shape& shape);

}  // namespace adjoint
