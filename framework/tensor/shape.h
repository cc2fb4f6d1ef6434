// Shapes: how the sizes of tensors are written, compared and broadcast, and the arithmetic of indices.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

namespace adjoint {

using Index = std::int64_t;

/// ⌈a / b⌉ for a ≥ 0 and b > 0.
template <std::integral I>
constexpr I ceil_divide(I a, I b) {
    return a / b + (a % b == 0 ? 0 : 1);
}

/// The extent of each axis, outermost first; {} is a single number. Printed as [8, 28, 28, 3].
using Shape = std::vector<Index>;

/// ∏ shape: the number of elements; 1 for {}.
/// Throws `<operation>: a shape has too many elements; got [4611686018427387904, 4]` from 2⁶⁰ on, which no memory
/// holds; an extent of 0 excuses no other, so that every part of a shape can be counted too.
Index element_count(const Shape& shape, const std::string& operation = "Tensor");

/// Where element i stands in row-major order: [n, h, w, c].
Shape unravel_index(Index i, const Shape& shape);

/// The shape of an elementwise result: axes are aligned at the innermost, and an extent of 1 (or none) is repeated.
/// Throws `<operation>: shapes do not broadcast; got [2, 3] and [4]`.
Shape broadcast(const std::string& operation, const Shape& a, const Shape& b);

/// Whether a tensor of `shape` can be repeated to `target`.
bool broadcasts_to(const Shape& shape, const Shape& target);

/// Axes in ascending order without repetition, negative ones counted from the end; {} stands for all axes.
/// Throws when an axis is outside [-rank, rank).
std::vector<Index> normalize_axes(const std::string& operation, const Shape& shape, const std::vector<Index>& axes);

/// The same of one axis.
Index normalize_axis(const std::string& operation, const Shape& shape, Index axis);

/// Throws `<operation>: input must be [N, H, W, C]; got [28, 28]` where there are not four axes.
void require_images(const std::string& operation, const Shape& shape);

/// `shape` with the given (normalised) axes removed, or reduced to extent 1 where `keep` is set.
Shape without_axes(const Shape& shape, const std::vector<Index>& axes, bool keep);

}  // namespace adjoint
