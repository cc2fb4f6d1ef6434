// Shape operations (reshape, transpose, slice, split, pad, concatenate, stack, flip, gather, index_select): they move
// elements without computing, and each one's pullback is its inverse move.
#pragma once

#include <memory>
#include <vector>

#include "framework/autograd/tape.h"

namespace adjoint {

/// The same elements in the same order under another shape; one extent may be −1 and is then what is left.
/// Gradient: x ← reshape(g, x's shape).
Variable reshape(const Variable& x, const Shape& shape);

/// y's axis i is x's axis order[i]; by default the axes are reversed.   Gradient: x ← transpose(g, the inverse order).
Variable transpose(const Variable& x, std::vector<Index> order = {});

/// Elements begin, …, end − 1 of an axis; negative numbers count from the end.
struct Slice {
    Index axis;
    Index begin = 0;
    Index end;
};
/// Gradient: x ← pad(g), zeros where the elements left out were.   Throws unless 0 ≤ begin ≤ end ≤ the extent.
Variable slice(const Variable& x, Slice range);

/// Zeros before and after the elements of an axis.
struct Margin {
    Index axis;
    Index before = 0;
    Index after = 0;
};
/// Gradient: x ← slice(g), the elements that x had.   Throws unless before, after ≥ 0.
Variable pad(const Variable& x, Margin margin);

/// The parts one after the other along an axis; all other extents agree.   Gradient: each part ← its slice of g.
Variable concatenate(const std::vector<Variable>& parts, Index axis);

/// The parts one after the other along a new axis, which stands at `axis` in the result; their shapes are equal.
/// Gradient: each part ← its slice of g.   Throws `stack: shapes must agree; got [2, 3] and [4, 2]`.
Variable stack(const std::vector<Variable>& parts, Index axis = 0);

/// Undoes concatenate: parts of these sizes, one after the other along an axis.   Gradient: x ← the adjoints of the
/// parts, each in its place.   Throws `split: the sizes must add up to axis 1's extent; got [1, 1] of shape [2, 3]`.
std::vector<Variable> split(const Variable& x, const std::vector<Index>& sizes, Index axis = 0);

/// The elements in reverse order along the axes; empty means all of them.   Gradient: x ← flip(g).
Variable flip(const Variable& x, const std::vector<Index>& axes = {});

/// Channels become pixels: y[n, h·r + a, w·r + b, c] = x[n, h, w, (a·r + b)·C + c], as TensorFlow's depth_to_space has
/// it; PyTorch orders a pixel's channels otherwise, c·r² + a·r + b. Shapes: x [N, H, W, r²·C], y [N, r·H, r·W, C].
/// Gradient: x ← pixel_unshuffle(g, r).   Source: Shi et al., "Real-time single image and video super-resolution using
/// an efficient sub-pixel convolutional neural network", 2016.
/// Throws `pixel_shuffle: the channels must divide into 2·2; got [1, 1, 1, 6]`.
Variable pixel_shuffle(const Variable& x, Index r);

/// Pixels become channels, which undoes pixel_shuffle: TensorFlow's space_to_depth.   Gradient: y ← pixel_shuffle(g,
/// r). Throws `pixel_unshuffle: height and width must divide by 2; got [1, 3, 4, 1]`.
Variable pixel_unshuffle(const Variable& y, Index r);

// ---- gather and scatter: two linear operations, each the adjoint of the other

/// Says of each element [n, …] of one batch, of shape `taken`, which element of item n of another batch, of shape
/// `whole`, it comes from: the row-major index within that item. Several may come from one. Copies share the indices.
class GatherIndices {
  public:
    /// Throws unless both shapes begin with the same N, and each element of `taken` has an index that its item has.
    GatherIndices(Shape whole, Shape taken, std::vector<Index> indices);

    const Shape& whole() const { return whole_; }
    const Shape& taken() const { return taken_; }
    const std::vector<Index>& indices() const { return *indices_; }

  private:
    Shape whole_;
    Shape taken_;
    std::shared_ptr<const std::vector<Index>> indices_;
};

/// y[n, i] = x[n, p[n, i]] for the indices p.   Gradient: x ← scatter_add(g, p).
/// Throws `gather: the indices point into [1, 4, 4, 1]; got [1, 5, 5, 1]`.
Variable gather(const Variable& x, const GatherIndices& p);

/// x[n, j] = Σ y[n, i] over all i with p[n, i] = j: 0 where there is none.   Gradient: y ← gather(g, p).
/// Throws `scatter_add: the indices are for [1, 2, 2, 1]; got [1, 4, 1, 1]`.
Variable scatter_add(const Variable& y, const GatherIndices& p);

/// y[…, i, …] = x[…, indices[i], …] along an axis, for whole numbers of any shape, which takes the axis's place: each
/// row w[i] of a table of embeddings is index_select(w, indices).   Gradient: x ← the sum of what it was taken for; the
/// indices, of either element type, have none.
/// Throws `index_select: an index must be a whole number from 0 to 4; got 5`.
Variable index_select(const Variable& x, const Variable& indices, Index axis = 0);

}  // namespace adjoint
