#include "framework/kernels/direct_convolution.h"

#include <algorithm>

#include "framework/tensor/buffer_pool.h"
#include "framework/tensor/parallel.h"

namespace adjoint::direct {
namespace {

// The factor that begins with a number, the next of which lies `stride` further on.
template <class F>
F factor(const SumOf<F>* number, Index stride) {
    if constexpr (is_pair<F>) {
        return bfloat16_pair(number[0], number[stride]);
    } else {
        return *number;
    }
}

// The filters of a group: for each tap a matrix with a row for each channel of a source pixel, or each pair of them,
// and a column for each of a target pixel; packed in the order in which tiles read them, panel after panel.
template <class F>
class Filters {
  public:
    Filters(const SumOf<F>* w, const Conv2DForm& form, Index group, Side target)
        : taps(form.height.kernel * form.width.kernel), rows(form.group_channels()), columns(form.group_filters()) {
        if constexpr (!is_pair<F>) {
            if (form.depthwise()) {
                rows = columns = form.channels;
                layout_ = FilterLayout::by_channel;
                packed_ = w;
                return;
            }
        }
        const SumOf<F>* const from = w + group * columns;
        const Index tap_stride = rows * form.filters;
        Index row_stride = form.filters, column_stride = 1;
        if (target == Side::image) {
            std::swap(rows, columns);
            std::swap(row_stride, column_stride);
        }
        rows /= numbers_in<F>;
        if (!is_pair<F> && columns <= spread_tile_side && rows % lanes<F> == 0) layout_ = FilterLayout::columns;
        panel_size_ = taps * rows * tile_columns<F>;
        scratch_ = Scratch<F>(panels() * panel_size_);
        packed_ = scratch_.data();
        parallel_for(panels() * taps, [&](Index piece) {
            const Index p = piece / taps, tap = piece % taps;
            pack(p, tap, from + tap * tap_stride + p * tile_columns<F> * column_stride, row_stride, column_stride);
        });
    }

    Index panels() const { return layout_ == FilterLayout::by_channel ? 1 : ceil_divide(columns, tile_columns<F>); }
    Panel<F> panel(Index p) const {
        const Index most = layout_ == FilterLayout::by_channel ? columns : tile_columns<F>;
        return {packed_ + p * panel_size_, std::min(most, columns - p * tile_columns<F>), layout_};
    }

    Index taps, rows, columns;

  private:
    void pack(Index p, Index tap, const SumOf<F>* from, Index row_stride, Index column_stride) const {
        const bool by_rows = layout_ == FilterLayout::rows;
        const Index width = panel(p).columns;
        const Index row = by_rows ? ceil_divide(width, lanes<F>) * lanes<F> : 1, column = by_rows ? 1 : rows;
        F* const to = scratch_.data() + p * panel_size_ + tap * rows * (by_rows ? row : width);
        // In blocks of a few rows, so that both sides of a transposition stay in cache.
        constexpr Index block = 16;
        for (Index begin = 0; begin < rows; begin += block) {
            const Index end = std::min(rows, begin + block);
            for (Index o = 0; o < width; ++o) {
                for (Index c = begin; c < end; ++c) {
                    const SumOf<F>* const number = from + c * numbers_in<F> * row_stride + o * column_stride;
                    to[c * row + o * column] = factor<F>(number, row_stride);
                }
            }
            for (Index c = begin; by_rows && c < end; ++c) std::fill(to + c * row + width, to + (c + 1) * row, F{0});
        }
    }

    FilterLayout layout_ = FilterLayout::rows;
    Index panel_size_ = 0;
    Scratch<F> scratch_{0};
    const F* packed_;
};

// One group of a form: target[n, i, j] = Σ source pixel · filters over the taps that lead to (i, j), and the epilogue.
template <class F>
struct PixelSum {
    using T = SumOf<F>;

    const AxisTaps &height, &width;
    Pixels<const F> source;
    Pixels<T> target;
    const Filters<F>& filters;
    Epilogue<const T*> epilogue;

    // Pieces are some images by some panels of filters, or, where that gives too few, parts of their pixels.
    void run(Index batch) const {
        const Index panels = filters.panels();
        const Index image_size =
            height.sources * width.sources * filters.rows + height.targets * width.targets * filters.columns;
        const Index shares =
            std::clamp<Index>(ceil_divide(filters.taps * filters.rows * filters.columns, cached_filters), 1, panels);
        const Index for_cache = ceil_divide(batch * image_size, cached_pixels);
        const Index for_threads = ceil_divide(fewest_pieces, shares);
        const Index blocks = std::max<Index>(1, std::min(batch, std::max(for_cache, for_threads)));
        const Index parts = ceil_divide(fewest_pieces, shares * blocks);
        parallel_for(blocks * shares * parts, [&](Index piece) {
            const Index part = piece % parts, share = piece / parts % shares, block = piece / parts / shares;
            const Index images = batch * block / blocks, images_end = batch * (block + 1) / blocks;
            for (const TapGroup& v : height.groups) {
                for (const TapGroup& h : width.groups) {
                    const Index pixels = std::ssize(v.targets) * std::ssize(h.targets);
                    const Index rows = (images_end - images) * pixels, begin = images * pixels;
                    sum(v, h, begin + rows * part / parts, begin + rows * (part + 1) / parts, panels * share / shares,
                        panels * (share + 1) / shares);
                }
            }
        });
    }

  private:
    static constexpr Index most_rows = 16 * tile_rows;

    // Pixels [begin, end) of the field where two groups cross, counted over all images; panels [first, last).
    void sum(const TapGroup& v, const TapGroup& h, Index begin, Index end, Index first, Index last) const {
        std::vector<Tap> taps;
        taps.reserve(v.taps.size() * h.taps.size());
        for (std::size_t k = 0; k < v.taps.size(); ++k) {
            for (std::size_t l = 0; l < h.taps.size(); ++l) {
                taps.push_back({(v.steps[k] * source.width + h.steps[l]) * source.stride,
                                (v.taps[k] * std::ssize(width.runs) + h.taps[l]) * filters.rows});
            }
        }
        std::array<const F*, most_rows> sources;
        std::array<T*, most_rows> results;
        const Index columns = std::ssize(h.targets), lines = std::ssize(v.targets);
        Index j = begin % columns, i = begin / columns % lines, n = begin / columns / lines;
        while (begin < end) {
            const std::size_t count = static_cast<std::size_t>(std::min(most_rows, end - begin));
            for (std::size_t r = 0; r < count; ++r) {
                sources[r] = source.at(n * height.sources + v.sources[i], h.sources[j]);
                results[r] = target.at(n * height.targets + v.targets[i], h.targets[j]) + first * tile_columns<T>;
                if (++j < columns) continue;
                j = 0;
                if (++i < lines) continue;
                i = 0;
                ++n;
            }
            for (Index p = first; p < last; ++p) {
                sum_over_taps<F>({sources.data(), count}, taps, filters.rows, filters.panel(p),
                                 from(epilogue, p * tile_columns<T>), {results.data(), count});
                for (std::size_t r = 0; r < count; ++r) results[r] += tile_columns<T>;
            }
            begin += static_cast<Index>(count);
        }
    }
};

// The sum of factors as they lie in memory.
template <class F>
void sum_factors(const F* source, const SumOf<F>* w, SumOf<F>* target, const Conv2DForm& form, Side side,
                 const Epilogue<const SumOf<F>*>& epilogue) {
    const auto height = axis_taps(form.height, side), width = axis_taps(form.width, side);
    Pixels<const F> sources = pixels(source, form, opposite(side));
    sources.stride /= numbers_in<F>;
    const Pixels<SumOf<F>> targets = pixels(target, form, side);
    for (Index group = 0; group < (form.depthwise() ? 1 : form.groups); ++group) {
        const Filters<F> filters(w, form, group, side);
        const Index c = group * filters.rows, o = group * filters.columns;
        const PixelSum<F> sum{*height, *width, sources.from(c), targets.from(o), filters, from(epilogue, o)};
        sum.run(form.batch);
    }
}

// The sum of factors that are yet to be rounded: of pairs where the processor multiplies these, they end where pixels
// and groups do, and there are columns enough to fill vectors.
void sum_rounded(const float* source, const float* w, float* target, const Conv2DForm& form, Side side,
                 const Epilogue<const float*>& epilogue) {
    const bool to_output = side == Side::output;
    const Index count = element_count(to_output ? form.image_shape() : form.output_shape());
    const Index rows = to_output ? form.group_channels() : form.group_filters();
    const Index columns = to_output ? form.group_filters() : form.group_channels();
    if constexpr (multiplies_pairs) {
        if (rows % numbers_in<Bfloat16Pair> == 0 && columns > spread_tile_side) {
            return sum_factors<Bfloat16Pair>(bfloat16_pairs(source, count).data(), w, target, form, side, epilogue);
        }
    }
    const Scratch<float> rounded = bfloat16s(source, count), filters = bfloat16s(w, element_count(form.weight_shape()));
    sum_factors<float>(rounded.data(), filters.data(), target, form, side, epilogue);
}

}  // namespace

template <Scalar T>
void sum_pixels(const T* source, const T* w, T* target, const Conv2DForm& form, Side side,
                const Epilogue<const T*>& epilogue, Precision precision) {
    if constexpr (std::same_as<T, float>) {
        if (precision == Precision::bf16) return sum_rounded(source, w, target, form, side, epilogue);
    }
    sum_factors<T>(source, w, target, form, side, epilogue);
}

template void sum_pixels(const float*, const float*, float*, const Conv2DForm&, Side, const Epilogue<const float*>&,
                         Precision);
template void sum_pixels(const double*, const double*, double*, const Conv2DForm&, Side, const Epilogue<const double*>&,
                         Precision);

}  // namespace adjoint::direct
