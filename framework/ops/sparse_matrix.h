// Sparse matrix: a list of entries, multiplied with a tensor along one of its axes.
#pragma once

#include <vector>

#include "framework/autograd/tape.h"

namespace adjoint {

/// Entries in any order; those of one place add up.
struct SparseMatrix {
    struct Entry {
        Index row;
        Index column;
        double value;
    };
    Index rows;
    Index columns;
    std::vector<Entry> entries;

    SparseMatrix transposed() const;
    /// All of it: [rows, columns].
    Tensor dense(DType dtype = DType::float32) const;
};

/// y = M·x along an axis: y[…, i, …] = Σ M[i, j]·x[…, j, …] over j.   Gradient: x ← multiply_along(g, Mᵀ, axis).
/// Throws `multiply_along: the matrix must have as many columns as the axis has elements; got 4 and axis 1 of [2, 3]`.
Variable multiply_along(const Variable& x, const SparseMatrix& m, Index axis);

}  // namespace adjoint
