// Packed filters: the numbers of a form's filters in the order in which tiles read them.
#pragma once

#include <algorithm>
#include <optional>

#include "framework/kernels/microkernel.h"
#include "framework/kernels/tap_groups.h"
#include "framework/tensor/buffer_pool.h"
#include "framework/tensor/parallel.h"

namespace adjoint::direct {

/// The factor that begins with a number, the next of which lies `stride` further on.
template <class F>
F factor(const SumOf<F>* number, Index stride) {
    if constexpr (is_pair<F>) {
        return bfloat16_pair(number[0], number[stride]);
    } else {
        return *number;
    }
}

/// A vector of neighbouring factors.
template <class F>
Vector<F> factors(const SumOf<F>* numbers) {
    if constexpr (is_pair<F>) {
        F pairs[lanes<F>];
        for (Index i = 0; i < lanes<F>; ++i) pairs[i] = bfloat16_pair(numbers[2 * i], numbers[2 * i + 1]);
        return load(pairs);
    } else {
        return load(numbers);
    }
}

/// The filters of a group, or of all groups where these are small: for each tap a matrix with a row for each channel of
/// a source pixel, or each pair of them, and a column for each of a target pixel; panel after panel.
template <class F>
class PackedFilters {
  public:
    PackedFilters(const SumOf<F>* w, const Conv2DForm& form, Index group, Side target)
        : taps(form.height.kernel * form.width.kernel), rows(form.group_channels()), targets(form.group_filters()) {
        const SumOf<F>* const from = w + group * form.group_filters();
        const Index tap_stride = rows * form.filters;
        Strides strides = {.row = form.filters, .column = 1, .group = form.group_filters(), .group_columns = targets};
        if (target == Side::image) {
            std::swap(rows, targets);
            std::swap(strides.row, strides.column);
            strides.group_columns = targets;
        }
        rows /= numbers_in<F>;
        sources = rows;
        if (together(form)) {
            groups_.emplace(rows, targets);
            panel_columns = groups_->whole() ? group_tile_vectors * lanes<F> : groups_->count * targets;
            sources *= form.groups;
            targets *= form.groups;
        } else if (spreads(targets, rows)) {
            layout_ = FilterLayout::columns;
        }
        panel_size_ = taps * rows * ceil_divide(panel_columns, lanes<F>) * lanes<F>;
        scratch_ = Scratch<F>(panels() * panel_size_);
        parallel_for(panels() * taps, [&](Index piece) {
            const Index p = piece / taps, tap = piece % taps;
            pack(p, tap, from + tap * tap_stride, strides);
        });
    }

    /// Whether sums of so many columns are each spread over a vector: few, over rows that fill vectors.
    static bool spreads(Index columns, Index rows) { return columns <= spread_columns<F> && rows % lanes<F> == 0; }
    /// Whether all groups of a form are packed together.
    static bool together(const Conv2DForm& form) { return !is_pair<F> && SmallGroups<SumOf<F>>::fit(form); }

    Index panels() const { return ceil_divide(targets, panel_columns); }
    Panel<F> panel(Index p) const {
        Panel<F> result = {scratch_.data() + p * panel_size_, std::min(panel_columns, targets - p * panel_columns),
                           layout_};
        if (groups_) {
            result.groups = &*groups_;
            result.source = p * panel_columns / groups_->columns * groups_->rows;
        }
        return result;
    }
    /// Whether each channel is a group of its own.
    bool depthwise() const { return groups_ && groups_->rows == 1 && groups_->columns == 1; }
    /// Whether taps are so short that their numbers are better taken one by one.
    bool few_rows() const { return layout_ == FilterLayout::rows && !groups_ && rows <= 4; }

    Index taps, rows;        ///< rows of each tap
    Index sources, targets;  ///< channels of a pixel that they join
    Index panel_columns = tile_columns<F>;

  private:
    // From one number to the next.
    struct Strides {
        Index row, column, group, group_columns;
    };

    void pack(Index p, Index tap, const SumOf<F>* from, const Strides& strides) const {
        const bool by_rows = layout_ == FilterLayout::rows;
        const Index width = panel(p).columns;
        const Index row = by_rows ? ceil_divide(width, lanes<F>) * lanes<F> : width;
        F* const to = scratch_.data() + p * panel_size_ + tap * rows * row;
        const auto first_of = [&](Index o) {
            const Index target = p * panel_columns + o;
            return from + target / strides.group_columns * strides.group +
                   target % strides.group_columns * strides.column;
        };
        // Whole squares of numbers that lie in columns are transposed in registers.
        const Index squares = by_rows && strides.row == 1 ? rows / lanes<F> * lanes<F> : 0;
        for (Index c = 0; c < squares; c += lanes<F>) {
            for (Index o = 0; o < row; o += lanes<F>) {
                Vector<F> square[lanes<F>];
                for (Index i = 0; i < lanes<F>; ++i)
                    square[i] = o + i < width ? factors<F>(first_of(o + i) + c * numbers_in<F>) : Vector<F>{};
                transpose<F>(square);
                for (Index i = 0; i < lanes<F>; ++i) store(to + (c + i) * row + o, square[i]);
            }
        }
        for (Index c = squares; c < rows; ++c) {
            const Index at = c * numbers_in<F> * strides.row;
            if (by_rows && strides.column == 1 && !groups_) {
                const SumOf<F>* const first = first_of(0) + at;
                for (Index o = 0; o < width; ++o) to[c * row + o] = factor<F>(first + o, strides.row);
            } else {
                const Index first = by_rows ? c * row : c / lanes<F> * lanes<F> * row + c % lanes<F>;
                for (Index o = 0; o < width; ++o)
                    to[first + o * (by_rows ? 1 : lanes<F>)] = factor<F>(first_of(o) + at, strides.row);
            }
            if (by_rows) std::fill(to + c * row + width, to + (c + 1) * row, F{0});
        }
    }

    FilterLayout layout_ = FilterLayout::rows;
    std::optional<SmallGroups<SumOf<F>>> groups_;
    Index panel_size_ = 0;
    Scratch<F> scratch_{0};
};

}  // namespace adjoint::direct
