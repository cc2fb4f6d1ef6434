// Weight gradient of a convolution: the sum over all pairs of an image pixel and an output pixel that a tap joins.
#include <algorithm>
#include <functional>
#include <limits>

#include "framework/kernels/direct_convolution.h"
#include "framework/kernels/image_pairs.h"
#include "framework/tensor/precision.h"

namespace adjoint::direct {
namespace {

// Pixels of a source along one axis, spread so that tap k leads from target m to m·target_step + of_tap(k), to a zero
// where it leads to no pixel.
struct SpreadAxis {
    const ConvAxis& axis;
    bool to_output;
    Index size = to_output ? std::max<Index>(0, axis.reach()) : axis.image + axis.span() - 1;
    Index target_step = to_output ? axis.stride : 1;

    Index of_tap(Index k) const {
        return to_output ? axis.pixel(0, k) - axis.pixel(0, 0) : axis.pixel(0, axis.kernel - 1) - axis.pixel(0, k);
    }
    Index of_source(Index i) const { return to_output ? i - axis.pixel(0, 0) : axis.pixel(i, axis.kernel - 1); }
    // The first of so many sources that some tap may lead to; and the one after the last, if there are any.
    Index begin(Index sources) const {
        Index i = 0;
        while (i < sources && of_source(i) < 0) ++i;
        return i;
    }
    Index end(Index sources) const {
        Index i = sources;
        while (i > 0 && of_source(i - 1) >= size) --i;
        return i;
    }
};

// The gradient of the filters: products of pixels of images, or of pairs of images, and of the output pixels that taps
// join them to, added up in one of three ways.
template <class F>
class WeightGradient {
  public:
    using T = SumOf<F>;

    WeightGradient(const Conv2DForm& form, const BatchBlocks& blocks, const F* x, const F* y)
        : form_(form), blocks_(blocks), x_(pixels(x, form, Side::image)), y_(pixels(y, form, Side::output)) {
        if (!is_pair<F> && SmallGroups<T>::fit(form)) {
            groups_ = 1;
            if constexpr (!is_pair<F>) add_ = &WeightGradient::add_small_groups;
        } else if (std::min(c_, o_) <= 4) {  // of which one side of a tile would be hardly full
            if (c_ > o_) target_ = Side::image;
            add_ = &WeightGradient::add_few_channels;
        } else {
            parts_ = form_.height.kernel * form_.width.kernel;
            const Index a_line = x_.width * x_.stride * form_.height.stride + y_.width * y_.stride;
            lines_at_once_ = cached_pixels / std::max<Index>(1, a_line);
        }
        height_ = axis_taps(form_.height, target_);
        width_ = axis_taps(form_.width, target_);
    }

    void sum(T* w) const {
        const bool large = add_ == &WeightGradient::add_tap_by_tap && c_ * o_ >= cached_sums;
        large ? sum_in_cache(w) : sum_block_by_block(w);
    }

  private:
    Index first_line(Index block) const { return begins_[static_cast<std::size_t>(block)] * height_->targets; }

    // Pieces of work are blocks by some parts of the filters, whose sums stay in cache while lines of pixels pass by.
    void sum_block_by_block(T* w) const {
        const Index size = element_count(form_.weight_shape()), count = blocks_.count();
        const Scratch<T> partial(count * size);
        parallel_for(count, [&](Index b) { std::fill_n(partial.data() + b * size, size, T{0}); });
        const Index fewest = ceil_divide(fewest_pieces, std::max<Index>(1, count) * groups_);
        const Index shares = std::clamp<Index>(std::max(ceil_divide(size, cached_filters), fewest), 1, parts_);
        const Index lines_at_once = std::max<Index>(1, std::min(lines_at_once_, first_line(count)));
        parallel_for(count * shares * groups_, [&](Index piece) {
            const Index share = piece % shares, group = piece / shares % groups_, block = piece / shares / groups_;
            const Index end = first_line(block + 1);
            for (Index first = first_line(block); first < end; first += lines_at_once) {
                const Index last = std::min(first + lines_at_once, end);
                for (Index part = parts_ * share / shares; part < parts_ * (share + 1) / shares; ++part)
                    (this->*add_)(group, part, first, last, partial.data() + block * size);
            }
        });
        combine_blocks(blocks_, partial.data(), size, std::plus<>{}, w);
    }

    // Where filters are large, and with them the sums of each block: pieces of work are some channels of a tap, of
    // all blocks, whose tree is climbed in cache.
    void sum_in_cache(T* w) const {
        const Index size = element_count(form_.weight_shape());
        const Index for_threads = std::min(ceil_divide(fewest_pieces, parts_ * groups_), c_ / (3 * tile_rows));
        const Index parts = std::max(c_ * o_ / cached_sums, for_threads);
        const std::vector<BlockNode> single = single_blocks(blocks_);
        const Scratch<T> partial(blocks_.all() ? 0 : blocks_.count() * size);
        parallel_for(parts_ * groups_ * parts, [&](Index piece) {
            const Index part = piece % parts, group = piece / parts % groups_, tap = piece / parts / groups_;
            const Index c = c_ * part / parts, rows = c_ * (part + 1) / parts - c, numbers = rows * o_;
            const Scratch<T> sums(std::min<Index>(blocks_.count(), most_waiting) * numbers);
            const auto at = [&](std::size_t depth) { return sums.data() + static_cast<Index>(depth) * numbers; };
            const auto open = [&](std::size_t b, std::size_t depth) {
                const auto block = static_cast<Index>(b);
                std::fill_n(at(depth), numbers, T{0});
                add_tap(group, tap, first_line(block), first_line(block + 1), c, {at(depth), rows, o_});
            };
            const auto merge = [&](std::size_t depth) {
                for (Index i = 0; i < numbers; ++i) at(depth)[i] += at(depth + 1)[i];
            };
            const std::vector<BlockNode> nodes = climb(single, open, merge);
            for (std::size_t n = 0; n < nodes.size(); ++n) {
                T* const to = (blocks_.all() ? w : partial.data() + (nodes[n].first - blocks_.first) * size) +
                              (tap * c_ + c) * form_.filters + group * o_;
                for (Index r = 0; r < rows; ++r) std::copy_n(at(n) + r * o_, o_, to + r * form_.filters);
            }
        });
        if (!blocks_.all()) combine_processes(blocks_, combined(single), partial.data(), size, std::plus<>{}, w);
    }

    // Each way adds to w what the target's lines [first, last) give to a part of a group's filters.
    using Add = void (WeightGradient::*)(Index group, Index part, Index first, Index last, T* w) const;

    // Outer products of an image pixel and an output pixel, tap by tap.
    void add_tap_by_tap(Index group, Index tap, Index first, Index last, T* w) const {
        add_tap(group, tap, first, last, 0, {w + tap * c_ * form_.filters + group * o_, c_, o_, form_.filters});
    }

    // To the sums of a tap, of the channels from c on.
    void add_tap(Index group, Index tap, Index first, Index last, Index c, const Matrix<T>& sums) const {
        const Pixels<const F> image = x_.from(group * c_ + c), output = y_.from(group * o_);
        const TapRun& run = width_->runs[static_cast<std::size_t>(tap % form_.width.kernel)];
        OuterProducts<F> products(sums);
        height_->for_each_line(tap / form_.width.kernel, first, last, [&](Index image_line, Index output_line) {
            const F *x = image.at(image_line, run.source[0]), *y = output.at(output_line, run.target[0]);
            for (Index m = 0; m < run.count; ++m, x += run.source.step * image.stride, y += output.stride) {
                prefetch(x, sums.rows);
                products.add(x, y);
            }
        });
    }

    // All groups at once, side by side in vectors.
    void add_small_groups(Index, Index, Index first, Index last, T* w) const requires(!is_pair<F>) {
        for (Index line = first; line < last; ++line) {
            prefetch(y_.at(line, 0), y_.width * y_.stride);
            for (Index k = 0; k < form_.height.kernel; ++k) {
                height_->for_each_line(k, line, line + 1, [&](Index image_line, Index output_line) {
                    const T* const image = x_.at(image_line, 0);
                    if (k + form_.height.stride >= form_.height.kernel) prefetch(image, x_.width * x_.stride);
                    add_line(image, y_.at(output_line, 0), w + k * form_.width.kernel * c_ * form_.filters);
                });
            }
        }
    }

    // All taps of a row of the filter at once.
    void add_line(const T* image, const T* output, T* w) const requires(!is_pair<F>) {
        const Index begin = width_->runs.front().target[0];
        const Index end = std::max(begin, width_->runs.back().target[width_->runs.back().count]);
        sum_along_lines<T>({form_.width, begin, end, image, x_.stride, output, y_.stride}, small_groups_,
                           {w, form_.width.kernel * c_, form_.filters});
    }

    // Products of pixels of many channels on one side, the target, and of those of few channels on the other side that
    // taps join them to. These are copied to where no border and no gap is between them: then a tap leads everywhere.
    void add_few_channels(Index group, Index, Index first, Index last, T* w) const {
        const bool few_in_image = target_ == Side::output;
        const auto [few, many] = few_in_image ? std::pair(c_, o_) : std::pair(o_, c_);
        const Pixels<const F> sources = few_in_image ? x_.from(group * c_) : y_.from(group * o_);
        const Pixels<const F> targets = few_in_image ? y_.from(group * o_) : x_.from(group * c_);
        const SpreadAxis rows{form_.height, few_in_image}, columns{form_.width, few_in_image};
        const Index taps = form_.height.kernel * form_.width.kernel;
        const Scratch<F> spread(rows.size * columns.size * few);
        const Scratch<T> sums(taps * few * many);
        std::vector<const F*> entries;
        for (Index tap = 0; tap < taps; ++tap) {
            const Index k = tap / form_.width.kernel, l = tap % form_.width.kernel;
            for (Index c = 0; c < few; ++c)
                entries.push_back(spread.data() + (rows.of_tap(k) * columns.size + columns.of_tap(l)) * few + c);
        }
        std::fill_n(spread.data(), rows.size * columns.size * few, F{0});
        std::fill_n(sums.data(), taps * few * many, T{0});
        const Index height = height_->targets;
        const Index step = (columns.of_source(1) - columns.of_source(0)) * few;
        const Index first_row = rows.begin(height_->sources), end_row = rows.end(height_->sources);
        const Index first_column = columns.begin(sources.width), end_column = columns.end(sources.width);
        const Index lines_at_once =
            std::max<Index>(1, cached_sums / std::max<Index>(1, targets.width * targets.stride));
        for (Index n = first / height; n < last / height; ++n) {
            for (Index i = first_row; i < end_row; ++i) {
                F* to = spread.data() + (rows.of_source(i) * columns.size + columns.of_source(first_column)) * few;
                const F* from = sources.at(n * height_->sources + i, first_column);
                const Index count = end_column - first_column;
                if (step == few && sources.stride == few) {
                    std::copy_n(from, count * few, to);
                    continue;
                }
                for (Index j = 0; j < count; ++j, to += step, from += sources.stride) std::copy_n(from, few, to);
            }
            for (Index i = 0; i < height; i += lines_at_once) {
                sum_along_pixels<F>(entries,
                                    {.offset = i * rows.target_step * columns.size * few,
                                     .line_step = rows.target_step * columns.size * few,
                                     .pixel_step = columns.target_step * few,
                                     .target = targets.at(n * height + i, 0),
                                     .target_step = targets.stride,
                                     .lines = std::min(lines_at_once, height - i),
                                     .width = targets.width},
                                    {sums.data(), taps * few, many});
            }
        }
        // From [taps, few, many] to [taps, channels, filters].
        for (Index row = 0; row < taps * few; ++row) {
            for (Index m = 0; m < many; ++m) {
                const Index tap = row / few, f = row % few;
                const Index c = few_in_image ? f : m, o = few_in_image ? m : f;
                w[(tap * c_ + c) * form_.filters + group * o_ + o] += sums.data()[row * many + m];
            }
        }
    }

    const Conv2DForm& form_;
    const BatchBlocks& blocks_;
    const std::vector<Index> begins_ = block_begins<F>(blocks_);
    Pixels<const F> x_, y_;
    Side target_ = Side::output;
    Add add_ = &WeightGradient::add_tap_by_tap;
    Index c_ = form_.group_channels(), o_ = form_.group_filters();
    Index groups_ = form_.groups, parts_ = 1;
    SmallGroups<T> small_groups_ = {c_, o_};
    Index lines_at_once_ = std::numeric_limits<Index>::max();  // of the target, so many stay in cache
    std::shared_ptr<const AxisTaps> height_, width_;
};

}  // namespace

template <Scalar T>
void conv2d_weight_gradient(const T* x, const T* y, T* w, const Conv2DForm& form, const BatchBlocks& blocks,
                            Precision precision) {
    if constexpr (std::same_as<T, float>) {
        if (precision == Precision::bf16) {
            const Index image_size = form.height.image * form.width.image * form.channels;
            const Index output_size = form.height.output * form.width.output * form.filters;
            if constexpr (multiplies_pairs) {
                if (!SmallGroups<float>::fit(form)) {
                    const auto image = image_pairs(x, image_size, blocks);
                    const auto output = image_pairs(y, output_size, blocks);
                    return WeightGradient<Bfloat16Pair>(form, blocks, image.data(), output.data()).sum(w);
                }
            }
            const auto image = bfloat16s(x, form.batch * image_size), output = bfloat16s(y, form.batch * output_size);
            return WeightGradient<T>(form, blocks, image.data(), output.data()).sum(w);
        }
    }
    WeightGradient<T>(form, blocks, x, y).sum(w);
}

template void conv2d_weight_gradient(const float*, const float*, float*, const Conv2DForm&, const BatchBlocks&,
                                     Precision);
template void conv2d_weight_gradient(const double*, const double*, double*, const Conv2DForm&, const BatchBlocks&,
                                     Precision);

}  // namespace adjoint::direct
