// How are the pixels of a convolution and of a transposed convolution computed? By the same sum over the taps that lead to
// a pixel; only the way of the taps is reversed.
#pragma once

#include <utility>

#include "framework/bands.h"
#include "framework/pixels.h"
#include "framework/register_tile.h"

namespace adjoint {

/// Filters as a matrix for each tap, which `length` numbers of a source pixel are multiplied with; or by channel, where
/// every channel has a filter of its own: length and columns are the same, and there are no strides.
template <Scalar T>
struct FilterMatrix {
    const T* data;
    Index taps, length, columns;
    Index tap_stride = 0, length_stride = 0, column_stride = 0;
    bool by_channel = false;

    FilterMatrix transposed() const {
        FilterMatrix other = *this;
        std::swap(other.length, other.columns);
        std::swap(other.length_stride, other.column_stride);
        return other;
    }
};

/// The axes of a result: which taps lead to its pixels, and from where.
struct ResultBands {
    std::vector<Band> vertical, horizontal;
    Index kernel_width;
};

/// result[n, i, j] = Σ source pixel · filters over the taps that lead to (i, j), finished, for all n < batch. Each
/// pixel's sum is made by one thread in the order of the taps: nothing else changes its bits.
template <Scalar T>
void sum_pixels(Index batch, const Pixels<const T>& source, const Pixels<T>& result, const ResultBands& bands,
                const FilterMatrix<T>& filters, const TileFinish<T>& finish);

}  // namespace adjoint
