#include "framework/kernels/direct_convolution.h"

#include <algorithm>

#include "framework/kernels/packed_filters.h"
#include "framework/tensor/parallel.h"

namespace adjoint::direct {
namespace {

// One group of a form, or all where they are small: target[n, i, j] = Σ source pixel · filters over the taps that lead
// to (i, j), and the epilogue.
template <class F>
struct PixelSum {
    using T = SumOf<F>;

    const AxisTaps &height, &width;
    Pixels<const F> source;
    Pixels<T> target;
    const PackedFilters<F>& filters;
    Epilogue<const T*> epilogue;

    // Pieces are some images by some panels of filters, or, where that gives too few, parts of their pixels.
    void run(Index batch) const {
        const Index panels = filters.panels();
        const Index image_size =
            height.sources * width.sources * filters.sources + height.targets * width.targets * filters.targets;
        const Index shares =
            std::clamp<Index>(ceil_divide(filters.taps * filters.rows * filters.targets, cached_filters), 1, panels);
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

    // Where tap k of one axis crosses tap l of the other.
    Tap crossing(const TapGroup& v, std::size_t k, const TapGroup& h, std::size_t l) const {
        return {(v.steps[k] * source.width + h.steps[l]) * source.stride,
                (v.taps[k] * std::ssize(width.runs) + h.taps[l]) * filters.rows, filters.rows};
    }

    // Pixels [begin, end) of the field where two groups cross, counted over all images; panels [first, last).
    void sum(const TapGroup& v, const TapGroup& h, Index begin, Index end, Index first, Index last) const {
        if constexpr (!is_pair<F>) {
            if (filters.depthwise() && !v.taps.empty() && !h.taps.empty())
                return sum_depthwise(v, h, begin, end, first, last);
        }
        std::vector<Tap> taps;
        taps.reserve(v.taps.size() * h.taps.size());
        for (std::size_t k = 0; k < v.taps.size(); ++k) {
            for (std::size_t l = 0; l < h.taps.size(); ++l) {
                const Tap tap = crossing(v, k, h, l);
                if (filters.few_rows()) {
                    for (Index c = 0; c < tap.length; ++c) taps.push_back({tap.source + c, tap.filter + c, 1});
                } else if (!taps.empty() && taps.back().source + taps.back().length == tap.source &&
                           taps.back().filter + taps.back().length == tap.filter) {
                    taps.back().length += tap.length;
                } else {
                    taps.push_back(tap);
                }
            }
        }
        const Index newest = taps.empty() ? 0 : std::max(taps.front().source, taps.back().source);
        std::array<const F*, most_rows> sources;
        std::array<T*, most_rows> results;
        const Index columns = std::ssize(h.targets), lines = std::ssize(v.targets);
        Index j = begin % columns, i = begin / columns % lines, n = begin / columns / lines;
        while (begin < end) {
            const std::size_t count = static_cast<std::size_t>(std::min(most_rows, end - begin));
            for (std::size_t r = 0; r < count; ++r) {
                sources[r] = source.at(n * height.sources + v.sources[i], h.sources[j]);
                if (filters.sources >= lanes<F>) prefetch(sources[r] + newest, filters.sources);
                results[r] = target.at(n * height.targets + v.targets[i], h.targets[j]) + first * filters.panel_columns;
                if (++j < columns) continue;
                j = 0;
                if (++i < lines) continue;
                i = 0;
                ++n;
            }
            for (Index p = first; p < last; ++p) {
                sum_over_taps<F>({sources.data(), count}, taps, filters.panel(p),
                                 from(epilogue, p * filters.panel_columns), {results.data(), count});
                for (std::size_t r = 0; r < count; ++r) results[r] += filters.panel_columns;
            }
            begin += static_cast<Index>(count);
        }
    }

    // The same where each channel is a group: by lines of pixels along the longer axis, which some taps lead to, and
    // which therefore lie at equal distances. Where the taps of a row lie as these pixels do, forward or backward, they
    // make runs, all of the same length.
    void sum_depthwise(const TapGroup& v, const TapGroup& h, Index begin, Index end, Index first, Index last) const
        requires(!is_pair<F>) {
        const bool across = h.targets.size() >= v.targets.size();
        const TapGroup &along = across ? h : v, &other = across ? v : h;
        const Index columns = std::ssize(along.targets), lines = std::ssize(other.targets);
        const auto step = [&](const std::vector<Index>& pixels) { return columns > 1 ? pixels[1] - pixels[0] : 1; };
        const Index pixel_step = step(along.sources), row = std::ssize(h.taps);
        const Index tap_step = row > 1 && h.taps[1] == h.taps[0] + 1 ? h.steps[1] : 0;
        const bool runs = across && std::abs(tap_step) == pixel_step;
        const Index direction = runs && tap_step < 0 ? -1 : 1;
        Index length = runs ? std::min(longest_tap_run, row) : 1;
        while (row % length != 0) --length;
        std::vector<Tap> taps;
        for (std::size_t k = 0; k < v.taps.size(); ++k) {
            for (Index l = 0; l < row; l += length) {
                taps.push_back(crossing(v, k, h, static_cast<std::size_t>(l)));
                taps.back().length = length;
            }
        }
        const Index newest = std::max(taps.front().source, taps.back().source);
        const Index source_step = direction * pixel_step * (across ? 1 : source.width) * source.stride;
        const Index result_step = direction * step(along.targets) * (across ? 1 : target.width) * target.stride;
        const Index offset = first * filters.panel_columns;
        while (begin < end) {
            const Index j = begin % columns, i = begin / columns % lines, n = begin / columns / lines;
            const Index count = std::min(end - begin, columns - j), start = direction > 0 ? j : j + count - 1;
            const Index y = across ? i : start, x = across ? start : i;
            PixelRow<T> pixels = {.source = source.at(n * height.sources + v.sources[y], h.sources[x]) + offset,
                                  .source_step = source_step,
                                  .result = target.at(n * height.targets + v.targets[y], h.targets[x]) + offset,
                                  .result_step = result_step,
                                  .count = count};
            for (Index r = 0; r < count; ++r)
                prefetch(pixels.source + newest + r * source_step, (last - first) * filters.panel_columns);
            for (Index p = first; p < last; ++p) {
                sum_over_tap_runs<T>(pixels, taps, filters.panel(p), from(epilogue, p * filters.panel_columns));
                pixels.source += filters.panel_columns;
                pixels.result += filters.panel_columns;
            }
            begin += count;
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
    for (Index group = 0; group < (PackedFilters<F>::together(form) ? 1 : form.groups); ++group) {
        const PackedFilters<F> filters(w, form, group, side);
        const Index c = group * filters.sources, o = group * filters.targets;
        const PixelSum<F> sum{*height, *width, sources.from(c), targets.from(o), filters, from(epilogue, o)};
        sum.run(form.batch);
    }
}

// The sum of factors that are yet to be rounded: of pairs where the processor multiplies these, they end where pixels
// and groups do, and rows or columns fill vectors.
void sum_rounded(const float* source, const float* w, float* target, const Conv2DForm& form, Side side,
                 const Epilogue<const float*>& epilogue) {
    const bool to_output = side == Side::output;
    const Index count = element_count(to_output ? form.image_shape() : form.output_shape());
    const Index rows = to_output ? form.group_channels() : form.group_filters();
    const Index columns = to_output ? form.group_filters() : form.group_channels();
    if constexpr (multiplies_pairs) {
        const bool fills_vectors = columns > spread_columns<float> ||
                                   PackedFilters<Bfloat16Pair>::spreads(columns, rows / numbers_in<Bfloat16Pair>);
        if (rows % numbers_in<Bfloat16Pair> == 0 && fills_vectors && !SmallGroups<float>::fit(form)) {
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
