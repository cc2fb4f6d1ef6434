// Microkernel of convolution: the arithmetic, in tiles of a result that stay in registers until their sums are whole.
// One loop for the pixels that taps lead to, two for the gradient of the filters.
#pragma once

#include <array>
#include <span>

#include "framework/kernels/epilogue.h"
#include "framework/kernels/gemm.h"
#include "framework/kernels/vectors.h"

namespace adjoint::direct {

/// Asks for numbers that will be read soon: the processor does not foresee the jumps from pixel to pixel.
template <Scalar T>
void prefetch(const T* numbers, Index count) {
    constexpr Index cache_line = 64 / sizeof(T);
    for (Index i = 0; i < count; i += cache_line) __builtin_prefetch(numbers + i, /*write=*/0, /*locality=*/2);
}

// ---- pixels

/// The epilogue of the columns from `first` on; its bias is a number a column, or nullptr.
template <class T>
Epilogue<const T*> from(const Epilogue<const T*>& epilogue, Index first) {
    return {epilogue.bias != nullptr ? epilogue.bias + first : nullptr, epilogue.activation};
}

/// A tap of a filter: how far beyond those of the first tap its pixels lie, and which rows of the filters are its own.
struct Tap {
    Index source;
    Index filter;
};

/// How filters lie in memory, tap after tap.
enum class FilterLayout {
    rows,        ///< for each c a row of at most tile_columns o, filled up with zeros to whole vectors
    columns,     ///< for each o its c: for sums of at most spread_tile_side columns over whole vectors of c
    by_channel,  ///< a number for each c, which is also o: every channel has a filter of its own
};

/// Some columns of the filters of every tap.
template <class F>
struct Panel {
    const F* filters;
    Index columns;
    FilterLayout layout;
};

/// results[r][o] = Σ sources[r][tap.source + c] · filters[tap.filter + c, o] over taps and c < length, and the
/// epilogue; by channel c is o, and the sum is over taps alone. The products are added in the order of taps, then c,
/// whatever the tile. Pairs are of neighbouring c, and filters of pairs lie in rows.
template <class F>
void sum_over_taps(std::span<const F* const> sources, std::span<const Tap> taps, Index length, const Panel<F>& panel,
                   const Epilogue<const SumOf<F>*>& epilogue, std::span<SumOf<F>* const> results);

// ---- filters

/// sums[a, b] += Σ left[a] · right[b] over the rows that are added, in their order; in bf16 two by two, their numbers
/// rounded. They are collected and summed many at a time, the last when this object goes.
template <Scalar T>
class OuterProducts {
  public:
    OuterProducts(const Matrix<T>& sums, Precision precision) : sums_(sums), precision_(precision) {}
    ~OuterProducts() { sum_collected(); }
    OuterProducts(const OuterProducts&) = delete;
    OuterProducts& operator=(const OuterProducts&) = delete;

    void add(const T* left, const T* right) {
        prefetch(right, sums_.columns);
        left_[count_] = left;
        right_[count_] = right;
        if (++count_ == most) sum_collected();
    }

    static constexpr std::size_t most = 128;  ///< rows at a time

  private:
    void sum_collected();
    void sum_collected_pairs();

    Matrix<T> sums_;
    Precision precision_;
    std::array<const T*, most> left_, right_;
    std::size_t count_ = 0;
};

/// Pixels of a line of the image and of the output, which a few neighbouring taps join.
template <Scalar T>
struct JoinedLines {
    const T* image;
    Index image_step;  ///< from one pixel to the next
    Index tap_step;    ///< from the pixel of one tap to that of the next
    const T* output;
    Index output_step;
    Index count;  ///< of pixels
};

/// sums[l, c] += Σ image[j·image_step + l·tap_step + c] · output[j·output_step + c] over j < count.
template <Scalar T>
void sum_along_lines(const JoinedLines<T>& lines, const Matrix<T>& sums);

}  // namespace adjoint::direct
