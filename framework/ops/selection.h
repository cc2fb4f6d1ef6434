// Selection (comparisons, where, clamp): a condition is a tensor of ones and zeros, by which elements are chosen.
//
// What is not chosen has no part in the result and gets an adjoint of 0, even where it or the adjoint is infinite or
// NaN, which no product with 0 would take away. Operands are broadcast as in NumPy.
#pragma once

#include <limits>

#include "framework/ops/elementwise.h"

namespace adjoint {

/// 1 where a < b and 0 elsewhere, as beside NaN: a constant in the operands' element type. The others likewise; they
/// have no gradient.   Throws `less: shapes do not broadcast; got [2, 3] and [4]`.
Tensor less(const Variable& a, const Variable& b);
Tensor less_equal(const Variable& a, const Variable& b);
Tensor greater(const Variable& a, const Variable& b);
Tensor greater_equal(const Variable& a, const Variable& b);
Tensor equal(const Variable& a, const Variable& b);
/// 1 where a and b differ, as NaN does from everything, and 0 elsewhere.
Tensor not_equal(const Variable& a, const Variable& b);

inline Tensor operator<(const Variable& a, const Variable& b) { return less(a, b); }
inline Tensor operator<=(const Variable& a, const Variable& b) { return less_equal(a, b); }
inline Tensor operator>(const Variable& a, const Variable& b) { return greater(a, b); }
inline Tensor operator>=(const Variable& a, const Variable& b) { return greater_equal(a, b); }

inline Tensor operator<(const Variable& a, double b) { return less(a, scalar(b, a)); }
inline Tensor operator<=(const Variable& a, double b) { return less_equal(a, scalar(b, a)); }
inline Tensor operator>(const Variable& a, double b) { return greater(a, scalar(b, a)); }
inline Tensor operator>=(const Variable& a, double b) { return greater_equal(a, scalar(b, a)); }

/// 1 at each index along a new last axis of `count` elements, else 0.   Shapes: indices [...], the result [..., count].
/// Throws `one_hot: an index must be a whole number from 0 to 9; got 10`.
Tensor one_hot(const Tensor& indices, Index count, DType dtype = DType::float32);

/// a where the condition is not 0, b where it is.   Gradient: a ← g where it was chosen, else 0; b likewise; the
/// condition, of either element type, has none. An operation before it that has an infinite slope makes NaN of that 0:
/// choose its argument too, sqrt(where(x > 0, x, one)).   Throws `where: shapes do not broadcast; got [2, 3] and [4]`.
Variable where(const Variable& condition, const Variable& a, const Variable& b);

/// The least and the greatest of what clamp leaves as it is.
struct Bounds {
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
};
/// min where x < min, max where x > max, else x: clamp(x, {.min = 0.0, .max = 1.0}).   Gradient: x ← g where
/// min ≤ x ≤ max, else 0.   Throws `clamp: min must not exceed max; got 1 and 0`.
Variable clamp(const Variable& x, Bounds bounds);

}  // namespace adjoint
