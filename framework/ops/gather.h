// Gather and scatter: takes chosen elements out of a tensor and adds them back. Two linear operations, each the adjoint
// of the other.
#pragma once

#include <memory>
#include <vector>

#include "framework/autograd/tape.h"

namespace adjoint {

/// Says of each element [n, …] of one batch, of shape `taken`, which element of item n of another batch, of shape
/// `whole`, it comes from: the row-major index within that item. Several may come from one. Copies share the indices.
class Places {
  public:
    /// Throws unless both shapes begin with the same N, and each element of `taken` has an index that its item has.
    Places(Shape whole, Shape taken, std::vector<Index> indices);

    const Shape& whole() const { return whole_; }
    const Shape& taken() const { return taken_; }
    const std::vector<Index>& indices() const { return *indices_; }

  private:
    Shape whole_;
    Shape taken_;
    std::shared_ptr<const std::vector<Index>> indices_;
};

/// y[n, i] = x[n, p[n, i]] for the places p.   Gradient: x ← put(g, p).
/// Throws `take: the places are in [1, 4, 4, 1]; got [1, 5, 5, 1]`.
Variable take(const Variable& x, const Places& p);

/// x[n, j] = Σ y[n, i] over all i with p[n, i] = j: 0 where there is none.   Gradient: y ← take(g, p).
/// Throws `put: the places are for [1, 2, 2, 1]; got [1, 4, 1, 1]`.
Variable put(const Variable& y, const Places& p);

}  // namespace adjoint
