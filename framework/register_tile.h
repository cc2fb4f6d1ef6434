// Where does the arithmetic of a convolution happen? In tiles of its result that stay in the processor's registers until
// their sums are whole. Two loops: one for the pixels that taps lead to, one for the filters.
#pragma once

#include <span>

#include "framework/dtype.h"
#include "framework/shape.h"

namespace adjoint {

#if defined(__AVX512F__)
constexpr Index vector_bytes = 64, vector_registers = 32;
#elif defined(__AVX__)
constexpr Index vector_bytes = 32, vector_registers = 16;
#elif defined(__aarch64__)
constexpr Index vector_bytes = 16, vector_registers = 32;
#else
constexpr Index vector_bytes = 16, vector_registers = 16;
#endif

/// Numbers in a vector register.
template <Scalar T>
constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(T));
/// A tile is this many rows by two vectors of columns; the registers left over hold its factors.
constexpr Index tile_rows = (vector_registers - 4) / 2;
template <Scalar T>
constexpr Index tile_columns = 2 * lanes<T>;
/// A tile whose sums are each spread over a vector is so many rows by so many columns at most.
constexpr int spread_tile_side = 4;

/// A tap of a filter: how far beyond those of the first tap its pixels lie, and which rows of the filters are its own.
struct Tap {
    Index source;
    Index filter;
};

/// What is done to a sum before it leaves the registers: r ← r + bias, then slope·r where r is not positive.
template <Scalar T>
struct TileFinish {
    const T* bias;  ///< a number a column, or nullptr
    T slope;        ///< 1 leaves r as it is

    /// The finish of the columns from `first` on.
    TileFinish from(Index first) const { return {bias != nullptr ? bias + first : nullptr, slope}; }
};

/// How filters lie in memory, tap after tap.
enum class FilterLayout {
    rows,        ///< for each c a row of at most tile_columns o, filled up with zeros to whole vectors
    columns,     ///< for each o its c: for sums of at most spread_tile_side columns over whole vectors of c
    by_channel,  ///< a number for each c, which is also o: every channel has a filter of its own
};

/// Some columns of the filters of every tap.
template <Scalar T>
struct Panel {
    const T* filters;
    Index columns;
    FilterLayout layout;
};

/// results[r][o] = Σ sources[r][tap.source + c] · filters[tap.filter + c, o] over taps and c < length, finished; by channel
/// c is o, and the sum is over taps alone. The products are added in the order of taps, then c, whatever the tile.
template <Scalar T>
void sum_over_taps(std::span<const T* const> sources, std::span<const Tap> taps, Index length, const Panel<T>& panel,
                   const TileFinish<T>& finish, std::span<T* const> results);

/// The rows of a matrix in somebody's memory, `row_stride` numbers from one to the next.
template <Scalar T>
struct StridedMatrix {
    T* data;
    Index row_stride;
};

/// sums[a, b] += Σ left[r][a] · right[r][b] over r, for a < left_length and b < right_length. At most `sum_rows_at_once`
/// r at a time.
template <Scalar T>
void sum_over_rows(std::span<const T* const> left, Index left_length, std::span<const T* const> right,
                   Index right_length, const StridedMatrix<T>& sums);
constexpr Index sum_rows_at_once = 128;

/// Pixels of a line, `step` numbers from one to the next.
template <Scalar T>
struct PixelLine {
    const T* first;
    Index step;
};

/// sums[l, c] += Σ image[j][l·tap_step + c] · output[j][c] over j < count, for l < taps and c < channels.
template <Scalar T>
void sum_along_line(const PixelLine<T>& image, Index tap_step, const PixelLine<T>& output, Index count, Index taps,
                    Index channels, const StridedMatrix<T>& sums);

}  // namespace adjoint
