#include "framework/ops/sparse_matrix.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

// The entries of each row together: those of row r are begins[r], …, begins[r + 1] − 1, in the order of the list.
struct Rows {
    std::vector<Index> begins;
    std::vector<SparseMatrix::Entry> entries;

    explicit Rows(const SparseMatrix& m) : entries(m.entries) {
        const auto by_row = [](const auto& a, const auto& b) { return a.row < b.row; };
        std::stable_sort(entries.begin(), entries.end(), by_row);
        for (Index row = 0; row <= m.rows; ++row) {
            begins.push_back(std::lower_bound(entries.begin(), entries.end(), SparseMatrix::Entry{row, 0, 0}, by_row) -
                             entries.begin());
        }
    }
};

void require_entries_inside(const SparseMatrix& m) {
    for (const auto& [row, column, value] : m.entries) {
        require(0 <= row && row < m.rows && 0 <= column && column < m.columns,
                "SparseMatrix: an entry of {} rows and {} columns must lie in them; got row {}, column {}", m.rows,
                m.columns, row, column);
    }
}

// y [outer, rows, inner] of x [outer, columns, inner].
template <Scalar T>
void multiply(const SparseMatrix& m, const T* x, Index outer, Index inner, T* y) {
    const Rows rows(m);
    parallel_rows(outer * m.rows, inner, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            const Index row = i % m.rows;
            T* const sums = y + i * inner;
            std::fill_n(sums, inner, T{0});
            for (Index e = rows.begins[row]; e < rows.begins[row + 1]; ++e) {
                const T value(rows.entries[e].value);
                const T* const terms = x + (i / m.rows * m.columns + rows.entries[e].column) * inner;
                for (Index c = 0; c < inner; ++c) sums[c] += value * terms[c];
            }
        }
    });
}

}  // namespace

SparseMatrix SparseMatrix::transposed() const {
    SparseMatrix result{columns, rows, entries};
    for (Entry& entry : result.entries) std::swap(entry.row, entry.column);
    return result;
}

Tensor SparseMatrix::dense(DType dtype) const {
    require_entries_inside(*this);
    std::vector<double> elements(static_cast<std::size_t>(element_count({rows, columns})), 0.0);
    for (const Entry& entry : entries) elements[entry.row * columns + entry.column] += entry.value;
    return Tensor({rows, columns}, elements, dtype);
}

Variable multiply_along(const Variable& x, const SparseMatrix& m, Index axis) {
    axis = normalize_axis("multiply_along", x.shape(), axis);
    require(x.extent(axis) == m.columns,
            "multiply_along: the matrix must have as many columns as the axis has elements; got {} and axis {} of {}",
            m.columns, axis, x.shape());
    require_entries_inside(m);
    const ProfileScope scope("multiply_along");
    Shape shape = x.shape();
    const Index outer = element_count(Shape(shape.begin(), shape.begin() + axis));
    const Index inner = element_count(Shape(shape.begin() + axis + 1, shape.end()));
    shape[axis] = m.rows;
    const Tensor y = Tensor::build(shape, x.dtype(), [&]<Scalar T>(std::span<T> out) {
        multiply(m, x.value().data<T>().data(), outer, inner, out.data());
    });
    return record(y, {{x, [m, axis](const Variable& g) { return multiply_along(g, m.transposed(), axis); }}},
                  {{"matrix", m}, {"axis", axis}});
}

}  // namespace adjoint
