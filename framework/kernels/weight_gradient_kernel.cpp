// Weight gradient of a convolution: the sum over all pairs of an image pixel and an output pixel that a tap joins.
#include <algorithm>
#include <functional>
#include <limits>

#include "framework/kernels/direct_convolution.h"
#include "framework/kernels/loops.h"

namespace adjoint::direct {
namespace {

// The gradient of the filters: products of image pixels and of the output pixels that taps join them to, added up in
// one of three ways.
template <Scalar T>
class WeightGradient {
  public:
    WeightGradient(const Conv2DForm& form, const T* x, const T* y, Precision precision)
        : form_(form), precision_(precision), x_(pixels(x, form, Side::image)), y_(pixels(y, form, Side::output)) {
        constexpr Index few = 4;
        if (form.depthwise()) {
            groups_ = 1;
            add_ = &WeightGradient::add_channel_by_channel;
        } else if (std::min(c_, o_) <= few) {
            if (c_ > few) target_ = Side::image;
            add_ = &WeightGradient::add_gathered;
        } else {
            parts_ = form.height.kernel * form.width.kernel;
            lines_at_once_ = cached_pixels / (x_.width * x_.stride * form.height.stride + y_.width * y_.stride);
            add_ = &WeightGradient::add_tap_by_tap;
        }
        height_ = axis_taps(form.height, target_);
        width_ = axis_taps(form.width, target_);
        lines_ = form.batch * height_->targets;
    }

    void sum(const BatchBlocks& blocks, T* w) const {
        const bool large = add_ == &WeightGradient::add_tap_by_tap && c_ * o_ >= cached_sums;
        large ? sum_in_cache(blocks, w) : sum_block_by_block(blocks, w);
    }

    // Pieces of work are blocks by some parts of the filters, whose sums stay in cache while lines of pixels pass by.
    void sum_block_by_block(const BatchBlocks& blocks, T* w) const {
        const Index size = element_count(form_.weight_shape());
        const Scratch<T> partial(blocks.count() * size);
        parallel_for(blocks.count(), [&](Index b) { std::fill_n(partial.data() + b * size, size, T{0}); });
        const Index fewest = ceil_divide(fewest_pieces, std::max<Index>(1, blocks.count()) * groups_);
        const Index shares = std::clamp<Index>(std::max(ceil_divide(size, cached_filters), fewest), 1, parts_);
        const Index lines_at_once = std::max<Index>(1, std::min(lines_at_once_, lines_));
        parallel_for(blocks.count() * shares * groups_, [&](Index piece) {
            const Index share = piece % shares, group = piece / shares % groups_, block = piece / shares / groups_;
            const Index end = blocks.begin(block + 1) * height_->targets;
            for (Index first = blocks.begin(block) * height_->targets; first < end; first += lines_at_once) {
                const Index last = std::min(first + lines_at_once, end);
                for (Index part = parts_ * share / shares; part < parts_ * (share + 1) / shares; ++part)
                    (this->*add_)(group, part, first, last, partial.data() + block * size);
            }
        });
        combine_blocks(blocks, partial.data(), size, std::plus<>{}, w);
    }

    // Where filters are large, and with them the sums of each block: pieces of work are some channels of a tap, of
    // all blocks, whose tree is climbed in cache.
    void sum_in_cache(const BatchBlocks& blocks, T* w) const {
        const Index size = element_count(form_.weight_shape()), height = height_->targets;
        const Index parts = c_ * o_ / cached_sums;
        const std::vector<BlockNode> single = single_blocks(blocks);
        const Scratch<T> partial(blocks.all() ? 0 : blocks.count() * size);
        parallel_for(parts_ * groups_ * parts, [&](Index piece) {
            const Index part = piece % parts, group = piece / parts % groups_, tap = piece / parts / groups_;
            const Index c = c_ * part / parts, rows = c_ * (part + 1) / parts - c, numbers = rows * o_;
            const Scratch<T> sums(std::min<Index>(blocks.count(), most_waiting) * numbers);
            const auto at = [&](std::size_t depth) { return sums.data() + static_cast<Index>(depth) * numbers; };
            const auto open = [&](std::size_t b, std::size_t depth) {
                const auto block = static_cast<Index>(b);
                std::fill_n(at(depth), numbers, T{0});
                add_tap(group, tap, blocks.begin(block) * height, blocks.begin(block + 1) * height, c,
                        {at(depth), rows, o_});
            };
            const auto merge = [&](std::size_t depth) {
                for (Index i = 0; i < numbers; ++i) at(depth)[i] += at(depth + 1)[i];
            };
            const std::vector<BlockNode> nodes = climb(single, open, merge);
            for (std::size_t n = 0; n < nodes.size(); ++n) {
                T* const to = (blocks.all() ? w : partial.data() + (nodes[n].first - blocks.first) * size) +
                              (tap * c_ + c) * form_.filters + group * o_;
                for (Index r = 0; r < rows; ++r) std::copy_n(at(n) + r * o_, o_, to + r * form_.filters);
            }
        });
        if (!blocks.all()) combine_processes(blocks, combined(single), partial.data(), size, std::plus<>{}, w);
    }

  private:
    // Each way adds to w what the target's lines [first, last) give to a part of a group's filters.
    using Add = void (WeightGradient::*)(Index group, Index part, Index first, Index last, T* w) const;

    // Outer products of an image pixel and an output pixel, tap by tap.
    void add_tap_by_tap(Index group, Index tap, Index first, Index last, T* w) const {
        add_tap(group, tap, first, last, 0, {w + tap * c_ * form_.filters + group * o_, c_, o_, form_.filters});
    }

    // To the sums of a tap, of the channels from c on.
    void add_tap(Index group, Index tap, Index first, Index last, Index c, const Matrix<T>& sums) const {
        const Pixels<const T> image = x_.from(group * c_ + c), output = y_.from(group * o_);
        const TapRun& run = width_->runs[static_cast<std::size_t>(tap % form_.width.kernel)];
        OuterProducts<T> products(sums, precision_);
        height_->for_each_line(tap / form_.width.kernel, first, last, [&](Index image_line, Index output_line) {
            const T *x = image.at(image_line, run.source[0]), *y = output.at(output_line, run.target[0]);
            for (Index m = 0; m < run.count; ++m, x += run.source.step * image.stride, y += output.stride) {
                prefetch(x, sums.rows);
                products.add(x, y);
            }
        });
    }

    // Products of the channels of an image pixel and of an output pixel: where every channel has a filter of its own.
    void add_channel_by_channel(Index, Index, Index first, Index last, T* w) const {
        for (Index line = first; line < last; ++line) {
            prefetch(y_.at(line, 0), y_.width * y_.stride);
            for (Index k = 0; k < form_.height.kernel; ++k) {
                height_->for_each_line(k, line, line + 1, [&](Index image_line, Index output_line) {
                    const T* const image = x_.at(image_line, 0);
                    if (k + form_.height.stride >= form_.height.kernel) prefetch(image, x_.width * x_.stride);
                    add_line(image, y_.at(output_line, 0), w + k * form_.width.kernel * form_.channels);
                });
            }
        }
    }

    // All taps of a row of the filter at once where they lie inside the image, one by one at its borders.
    void add_line(const T* image, const T* output, T* w) const {
        const ConvAxis& axis = form_.width;
        const Index channels = form_.channels;
        const auto add_taps = [&](Index l, Index taps, Index begin, Index end) {
            if (begin >= end) return;
            sum_along_lines<T>({.image = image + axis.pixel(begin, l) * channels,
                                .image_step = axis.stride * channels,
                                .tap_step = axis.dilation * channels,
                                .output = output + begin * channels,
                                .output_step = channels,
                                .count = end - begin},
                               {w + l * channels, taps, channels});
        };
        const auto end_of = [](const TapRun& run) { return run.target[run.count]; };
        const Index begin = width_->runs.front().target[0], end = end_of(width_->runs.back());
        add_taps(0, axis.kernel, begin, end);
        for (Index l = 0; l < axis.kernel; ++l) {
            const TapRun& run = width_->runs[static_cast<std::size_t>(l)];
            add_taps(l, 1, run.target[0], begin < end ? begin : end_of(run));
            if (begin < end) add_taps(l, 1, end, end_of(run));
        }
    }

    // Outer products of a pixel of many channels on one side, the target, and of all pixels of few channels on the
    // other side that taps join it to, gathered beside each other.
    void add_gathered(Index group, Index, Index first, Index last, T* w) const {
        const bool few_in_image = target_ == Side::output;
        const auto [few_channels, many] = few_in_image ? std::pair(c_, o_) : std::pair(o_, c_);
        const Pixels<const T> targets = few_in_image ? y_.from(group * o_) : x_.from(group * c_);
        const Index size = form_.height.kernel * form_.width.kernel * few_channels;
        const Index lines = std::max<Index>(1, OuterProducts<T>::most / targets.width);
        const Scratch<T> gathered(lines * targets.width * size), sums(size * many);
        std::fill_n(sums.data(), size * many, T{0});
        for (Index begin = first; begin < last; begin += lines) {
            const Index end = std::min(begin + lines, last);
            gather(group, begin, end, gathered.data());
            OuterProducts<T> products({sums.data(), size, many}, precision_);
            for (Index pixel = 0; pixel < (end - begin) * targets.width; ++pixel)
                products.add(gathered.data() + pixel * size, targets.at(begin, pixel));
        }
        // From [taps, few, many] to [taps, channels, filters].
        for (Index row = 0; row < size; ++row) {
            for (Index m = 0; m < many; ++m) {
                const Index tap = row / few_channels, f = row % few_channels;
                const Index c = few_in_image ? f : m, o = few_in_image ? m : f;
                w[(tap * c_ + c) * form_.filters + group * o_ + o] += sums.data()[row * many + m];
            }
        }
    }

    // gathered[target pixel, tap, channel] for some lines: 0 where the tap leads to it from nothing. For one channel
    // tap by tap is faster than pixel by pixel, as gather_patches does it.
    void gather(Index group, Index begin, Index end, T* gathered) const {
        const bool few_in_image = target_ == Side::output;
        const Index channels = few_in_image ? c_ : o_, taps = form_.height.kernel * form_.width.kernel;
        const Pixels<const T> sources = few_in_image ? x_.from(group * c_) : y_.from(group * o_);
        std::fill_n(gathered, (end - begin) * width_->targets * taps * channels, T{0});
        for (Index tap = 0; tap < taps; ++tap) {
            const TapRun& run = width_->runs[static_cast<std::size_t>(tap % form_.width.kernel)];
            height_->for_each_line(tap / form_.width.kernel, begin, end, [&](Index source_line, Index line) {
                const T* from = sources.at(source_line, run.source[0]);
                T* to = gathered + (((line - begin) * width_->targets + run.target[0]) * taps + tap) * channels;
                for (Index m = 0; m < run.count; ++m) {
                    for (Index c = 0; c < channels; ++c) to[c] = from[c];
                    from += run.source.step * sources.stride;
                    to += run.target.step * taps * channels;
                }
            });
        }
    }

    const Conv2DForm& form_;
    Precision precision_;
    Pixels<const T> x_, y_;
    Side target_ = Side::output;
    Add add_;
    Index c_ = form_.group_channels(), o_ = form_.group_filters();
    Index groups_ = form_.groups, parts_ = 1;
    Index lines_, lines_at_once_ = std::numeric_limits<Index>::max();  // of the target, and how many stay in cache
    std::shared_ptr<const AxisTaps> height_, width_;
};

}  // namespace

template <Scalar T>
void conv2d_weight_gradient(const T* x, const T* y, T* w, const Conv2DForm& form, const BatchBlocks& blocks,
                            Precision precision) {
    if constexpr (std::same_as<T, float>) {
        if (precision == Precision::bf16 && (form.depthwise() || !multiplies_pairs)) {
            const auto image = bfloat16s(x, element_count(form.image_shape()));
            const auto output = bfloat16s(y, element_count(form.output_shape()));
            return WeightGradient<T>(form, image.data(), output.data(), Precision::float32).sum(blocks, w);
        }
    }
    WeightGradient<T>(form, x, y, precision).sum(blocks, w);
}

template void conv2d_weight_gradient(const float*, const float*, float*, const Conv2DForm&, const BatchBlocks&,
                                     Precision);
template void conv2d_weight_gradient(const double*, const double*, double*, const Conv2DForm&, const BatchBlocks&,
                                     Precision);

}  // namespace adjoint::direct
