// Microkernel of convolution: the arithmetic, in tiles of a result that stay in registers until their sums are whole.
// Two loops for the pixels that taps lead to, one of them for groups of a single channel, and three for the gradient of
// the filters: of many channels, of small groups and of few channels. tiles.md tells how they work.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "framework/convolution/conv2d_form.h"
#include "framework/convolution/epilogue.h"
#include "framework/kernels/vectors.h"
#include "framework/tensor/gemm.h"

namespace adjoint::direct {

/// Asks for numbers that will be read soon: the processor does not foresee the jumps from pixel to pixel.
template <class T>
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

/// A tap of a filter: how far beyond those of the first tap its pixels lie, which row of the filters is its first, and
/// how many there are, one for each channel. Taps that touch in both are one.
struct Tap {
    Index source;
    Index filter;
    Index length;
};

/// How filters lie in memory, tap after tap.
enum class FilterLayout {
    rows,     ///< for each c a row of at most tile_columns o, filled up with zeros to whole vectors
    columns,  ///< for each vector of c one of each o: for sums of at most spread_columns over whole vectors of c
};

/// How groups of few channels share a vector: lane o of a result is of the group o / columns, which takes its sources
/// from lane o / columns · rows on.
template <Scalar T>
class SmallGroups {
  public:
    /// Whether a vector has room for two groups of a form.
    static bool fit(const Conv2DForm& form) {
        return form.groups > 1 && 2 * std::max(form.group_channels(), form.group_filters()) <= lanes<T>;
    }

    SmallGroups(Index of_sources, Index of_results)
        : rows(of_sources), columns(of_results), count(lanes<T> / std::max({rows, columns, Index{1}})) {
        for (Index o = 0; o < count * columns; ++o) first_[o] = o / columns * rows;
    }

    /// Whether all lanes are results of some group, and all sources in lanes: neighbouring vectors are of other groups.
    bool whole() const { return count * rows == lanes<T> && count * columns == lanes<T>; }

    /// Calls f(read, rows), where read(p, c) is number c of each group whose sources begin at p, in the lanes of its
    /// results; that there is only one, the compiler knows.
    template <class F>
    void with_reader(F f) const {
        if (rows == 1 && columns == 1) {
            f([](const T* p, Index) { return load(p); }, std::integral_constant<Index, 1>());
        } else {
            f([this](const T* p, Index c) { return permute<T>(load(p), first_ + static_cast<LaneNumber<T>>(c)); },
              rows);
        }
    }

    Index rows, columns;  ///< of each group
    Index count;          ///< of groups in a vector

  private:
    LaneNumbers<T> first_ = {};
};

/// Some columns of the filters of every tap.
template <class F>
struct Panel {
    const F* filters;
    Index columns;
    FilterLayout layout;
    const SmallGroups<SumOf<F>>* groups = nullptr;  ///< where these are small: how they lie in vectors,
    Index source = 0;                               ///< and the first of their sources in a pixel
};

/// results[r][o] = Σ sources[r][tap.source + c] · filters[tap.filter + c, o] over taps and c < tap.length, and the
/// epilogue; c counts from where the sources of o's group begin. The products are added in the order of taps, then c,
/// whatever the tile. Pairs are of neighbouring c.
template <class F>
void sum_over_taps(std::span<const F* const> sources, std::span<const Tap> taps, const Panel<F>& panel,
                   const Epilogue<const SumOf<F>*>& epilogue, std::span<SumOf<F>* const> results);

/// Pixels at equal distances in a source and in a result.
template <Scalar T>
struct PixelRow {
    const T* source;
    Index source_step;  ///< from one to the next; may be negative
    T* result;
    Index result_step;
    Index count;
};

/// So many taps of a row have their filters in registers at once.
constexpr Index longest_tap_run = 5;

/// The same where each channel is a group: result r is Σ source[(r + l)·source_step + tap.source + o] ·
/// filters[tap.filter + l, o] over taps, at least one and all of one length, and l < tap.length, added in this order,
/// and the epilogue. A source pixel is loaded once for all l.
template <Scalar T>
void sum_over_tap_runs(const PixelRow<T>& pixels, std::span<const Tap> runs, const Panel<T>& panel,
                       const Epilogue<const T*>& epilogue);

// ---- filters, in filter_microkernel.cpp

/// sums[a, b] += Σ left[a] · right[b] over the rows that are added, in their order. They are collected and summed many
/// at a time, the last when this object goes.
template <class F>
class OuterProducts {
  public:
    explicit OuterProducts(const Matrix<SumOf<F>>& sums) : sums_(sums) {}
    ~OuterProducts() { sum_collected(); }
    OuterProducts(const OuterProducts&) = delete;
    OuterProducts& operator=(const OuterProducts&) = delete;

    void add(const F* left, const F* right) {
        prefetch(right, sums_.columns);
        left_[count_] = left;
        right_[count_] = right;
        if (++count_ == most) sum_collected();
    }

  private:
    static constexpr std::size_t most = 128;  // rows at a time

    void sum_collected();

    Matrix<SumOf<F>> sums_;
    std::array<const F*, most> left_, right_;
    std::size_t count_ = 0;
};

/// A line of the image and one of the output, which a row of taps joins; of small groups' channels.
template <Scalar T>
struct JoinedLines {
    const ConvAxis& axis;
    Index begin, end;  ///< the output's pixels that all taps lead to from the image
    const T* image;
    Index image_step;  ///< from one pixel to the next
    const T* output;
    Index output_step;
};

/// sums[l·rows + c, o] += Σ image[axis.pixel(j, l)·image_step + c] · output[j·output_step + o] over the pixels j of the
/// output for which that pixel of the image exists, for the rows c of each group, counted from where those of o's group
/// begin, and all groups' columns o.
template <Scalar T>
void sum_along_lines(const JoinedLines<T>& lines, const SmallGroups<T>& groups, const Matrix<T>& sums);

/// How each of some entries goes on from pixel to pixel and from line to line of a target.
template <class F>
struct PixelsOfLines {
    Index offset;  ///< of an entry at the first pixel,
    Index line_step, pixel_step;
    const F* target;
    Index target_step;  ///< from one pixel to the next, and to that of the next line
    Index lines, width;
};

/// sums[e, o] += Σ entries[e][offset + i·line_step + j·pixel_step] · target pixel (i, j)[o] over i < lines, j < width.
template <class F>
void sum_along_pixels(std::span<const F* const> entries, const PixelsOfLines<F>& pixels, const Matrix<SumOf<F>>& sums);

}  // namespace adjoint::direct
