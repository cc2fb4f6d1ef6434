// Reductions (sum, mean, var, prod, max, min, argmax, softmax, standardize), running sums, and their derivatives.
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
/// Σ (x − μ)² / (count − correction) over the axes, with their mean μ: NumPy's and Keras's variance, and with a
/// correction of 1 PyTorch's.   Gradient: that of the composition, x ← 2·g·(x − μ) / (count − correction).
/// Throws `var: there must be more than 1 elements along the axes; got shape [1, 3]`.
Variable var(const Variable& x, const std::vector<Index>& axes = {}, Keep keep = Keep::no, Index correction = 0);
/// ∏ x over the axes, 1 for no elements.   Gradient: x ← g times the product of all others, which may be 0.
Variable prod(const Variable& x, const std::vector<Index>& axes = {}, Keep keep = Keep::no);
/// The largest x along an axis, NaN where one is.   Gradient: g to the largest element, in equal parts where several
/// are.   Throws `max: there must be an element along axis 1; got shape [2, 0]`.
Variable max(const Variable& x, Index axis, Keep keep = Keep::no);
/// The smallest x along an axis, in all else as max.
Variable min(const Variable& x, Index axis, Keep keep = Keep::no);
/// The index of the largest x along an axis: of the first NaN, or else of the first of equal ones. Whole numbers in
/// float64, which hold any index; they have no gradient.
Tensor argmax(const Variable& x, Index axis, Keep keep = Keep::no);
/// y[i] = x[0] + … + x[i] along an axis, added in float64.   Gradient: x[i] ← g[i] + … + g[last].
Variable cumsum(const Variable& x, Index axis);
/// x − log Σ eˣ along an axis, without overflow.   Gradient: x ← g − eʸ·Σg.
Variable log_softmax(const Variable& x, Index axis = -1);
/// eˣ / Σ eˣ along an axis: exp(log_softmax(x)).
Variable softmax(const Variable& x, Index axis = -1);

/// The power of two below the largest |x| over the axes, which stay with extent 1, or below `least` where that is
/// larger; 1 where x is not finite. x divided by it loses no bit, and its squares neither overflow nor vanish.
/// It has no gradient.
Tensor power_of_two(const Tensor& x, const std::vector<Index>& axes, double least);
/// y = (x − μ) / √(σ² + ε) with the mean μ and the variance σ² (with divisor n) of x over the axes, negative ones
/// counted from the end.   Gradient: that of the composition, x ← r·(g − mean g − y·mean g·y) with r = 1 / √(σ² + ε).
/// Throws `standardize: epsilon must be at least 0; got -1`.
Variable standardize(const Variable& x, const std::vector<Index>& axes, double epsilon);

/// Sums x over the axes in which `shape` was broadcast to x's shape: the adjoint of broadcast_to.
/// Throws `sum_to: [3] does not broadcast to [2, 4]`.
Variable sum_to(const Variable& x, const Shape& shape);
/// Repeats x along its axes of extent 1 and along new leading ones.   Gradient: x ← sum_to(g, x's shape).
/// Throws `broadcast_to: [3] does not broadcast to [2, 4]`.
Variable broadcast_to(const Variable& x, const Shape& shape);

/// The extents of a variable, of axis 0 those that are here where it is divided among processes: what a pullback needs
/// to know of it.
struct Extents {
    explicit Extents(Shape whole) : shape(std::move(whole)) {}
    explicit Extents(const Variable& x) : shape(x.shape()), batch(x.value().batch()) {}

    Shape shape;
    Index batch = 0;
};
/// sum_to and broadcast_to the extents of another variable, from a divided one to one that is not, and back.
Variable sum_as(const Variable& x, const Extents& extents);
Variable broadcast_as(const Variable& x, const Extents& extents);

}  // namespace adjoint
