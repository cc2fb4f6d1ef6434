#include "framework/filter_sums.h"

#include <algorithm>
#include <array>

#include "framework/buffer_pool.h"
#include "framework/ceil_divide.h"
#include "framework/kernels.h"
#include "framework/parallel.h"
#include "framework/pixels.h"
#include "framework/register_tile.h"

namespace adjoint {
namespace {

// The output pixels of an axis, from first to last, whose tap lies inside the image.
std::pair<Index, Index> outputs_inside(const ConvAxis& axis, Index tap) {
    const auto first_beyond = [&](Index pixel) {
        const Index distance = std::max<Index>(0, pixel - axis.pixel(0, tap));
        return std::min(ceil_divide(distance, axis.stride), axis.output);
    };
    return {first_beyond(0), first_beyond(axis.image)};
}

// Calls pair(x pixel, y pixel) for each two that a tap joins, along the output lines (n, i) from first to last.
template <Scalar T, class Pair>
void for_each_pair(const Conv2DForm& form, const Pixels<const T>& x, const Pixels<const T>& y, Index tap, Index first,
                   Index last, Pair pair) {
    const ConvAxis &height = form.height, &width = form.width;
    const Index k = tap / width.kernel, l = tap % width.kernel;
    const auto [begin, end] = outputs_inside(width, l);
    for (Index line = first; line < last; ++line) {
        const Index n = line / height.output, i = line % height.output;
        const std::optional<Index> h = height.joined_pixel(i, k);
        if (!h) continue;
        const T* image = x.at(n, *h, width.pixel(begin, l));
        const T* output = y.at(n, i, begin);
        for (Index j = begin; j < end; ++j, image += width.stride * x.stride, output += y.stride) pair(image, output);
    }
}

// Collects pairs of rows and hands them on, as many as can be summed at once; the last when it goes.
template <Scalar T, class Sum>
class PairCollector {
  public:
    explicit PairCollector(Sum sum) : sum_(sum) {}
    ~PairCollector() { hand_on(); }

    void add(const T* left, const T* right) {
        left_[count_] = left;
        right_[count_] = right;
        if (++count_ == left_.size()) hand_on();
    }

  private:
    void hand_on() {
        sum_(std::span<const T* const>(left_.data(), count_), std::span<const T* const>(right_.data(), count_));
        count_ = 0;
    }

    Sum sum_;
    std::array<const T*, sum_rows_at_once> left_, right_;
    std::size_t count_ = 0;
};

template <Scalar T, class Sum>
PairCollector<T, Sum> collect(Sum sum) {
    return PairCollector<T, Sum>(sum);
}

// Asks for numbers that will be read soon: the processor does not foresee the jumps from pixel to pixel.
template <Scalar T>
void prefetch(const T* numbers, Index count) {
    constexpr Index cache_line = 64 / sizeof(T);
    for (Index i = 0; i < count; i += cache_line) __builtin_prefetch(numbers + i, /*write=*/0, /*locality=*/2);
}

// There are three ways to make the sum, chosen by the form. Each says which parts of the filters can be summed apart,
// how many lines of pixels there are and how many of them stay in cache, and adds some lines to a part of w.

// Outer products of an image pixel and an output pixel, tap by tap: for one group.
template <Scalar T>
struct TapByTap {
    const Conv2DForm& form;
    const T *x, *y;
    Index group;

    Index parts() const { return form.height.kernel * form.width.kernel; }
    Index lines() const { return form.batch * form.height.output; }
    Index lines_at_once() const {
        return cached_pixels /
               (form.width.image * form.channels * form.height.stride + form.width.output * form.filters);
    }

    void add(Index tap, Index first, Index last, T* w) const {
        const Index c = form.group_channels(), o = form.group_filters();
        const StridedMatrix<T> sums{w + tap * c * form.filters + group * o, form.filters};
        auto products = collect<T>([&](auto left, auto right) { sum_over_rows(left, c, right, o, sums); });
        for_each_pair(form, image_pixels(x, form, group * c), output_pixels(y, form, group * o), tap, first, last,
                      [&](const T* image, const T* output) {
                          prefetch(image, c);
                          prefetch(output, o);
                          products.add(image, output);
                      });
    }
};

// Products of the channels of an image pixel and of an output pixel: where every channel has a filter of its own.
template <Scalar T>
struct ChannelByChannel {
    const Conv2DForm& form;
    const T *x, *y;
    Index group;  // all at once: 0

    Index parts() const { return 1; }
    Index lines() const { return form.batch * form.height.output; }
    Index lines_at_once() const { return lines(); }

    void add(Index, Index first, Index last, T* w) const {
        const ConvAxis& height = form.height;
        const Pixels<const T> image = image_pixels(x, form, 0), output = output_pixels(y, form, 0);
        for (Index line = first; line < last; ++line) {
            const Index n = line / height.output, i = line % height.output;
            prefetch(output.at(n, i, 0), form.width.output * form.channels);
            for (Index k = 0; k < height.kernel; ++k) {
                const std::optional<Index> h = height.joined_pixel(i, k);
                if (!h) continue;
                const T* const pixels = image.at(n, *h, 0);
                if (k + height.stride >= height.kernel) prefetch(pixels, form.width.image * form.channels);
                add_line(pixels, output.at(n, i, 0), w + k * form.width.kernel * form.channels);
            }
        }
    }

    // All taps of a row of the filter at once where they lie inside the image, one by one at its borders.
    void add_line(const T* image, const T* output, T* sums) const {
        const ConvAxis& width = form.width;
        const Index channels = form.channels;
        const auto add_taps = [&](Index l, Index taps, Index begin, Index end) {
            if (begin < end)
                sum_along_line<T>({image + width.pixel(begin, l) * channels, width.stride * channels},
                                  width.dilation * channels, {output + begin * channels, channels}, end - begin, taps,
                                  channels, {sums + l * channels, channels});
        };
        const Index begin = outputs_inside(width, 0).first, end = outputs_inside(width, width.kernel - 1).second;
        add_taps(0, width.kernel, begin, end);
        for (Index l = 0; l < width.kernel; ++l) {
            const auto [tap_begin, tap_end] = outputs_inside(width, l);
            add_taps(l, 1, tap_begin, begin < end ? begin : tap_end);
            if (begin < end) add_taps(l, 1, end, tap_end);
        }
    }
};

// Outer products of a pixel of many channels on one side and, on the other side of few channels, all pixels that taps
// join it to, gathered beside each other: for one group.
template <Scalar T>
struct GatheredTaps {
    static constexpr Index few = 4;
    const Conv2DForm& form;
    const T *x, *y;
    Index group;
    bool few_in_image = form.group_channels() <= few;  // else in the output

    Index few_channels() const { return few_in_image ? form.group_channels() : form.group_filters(); }
    Index many_channels() const { return few_in_image ? form.group_filters() : form.group_channels(); }
    Index taps() const { return form.height.kernel * form.width.kernel; }

    Index parts() const { return 1; }
    Index lines() const { return form.batch * (few_in_image ? form.height.output : form.height.image); }
    Index lines_at_once() const { return lines(); }

    void add(Index, Index first, Index last, T* w) const {
        const Index size = taps() * few_channels(), many_count = many_channels();
        const Pixels<const T> many = few_in_image ? output_pixels(y, form, group * form.group_filters())
                                                  : image_pixels(x, form, group * form.group_channels());
        const Index lines = std::max<Index>(1, sum_rows_at_once / many.width);
        const Scratch<T> gathered(lines * many.width * size), sums(size * many_count);
        std::fill_n(sums.data(), size * many_count, T{0});
        for (Index begin = first; begin < last; begin += lines) {
            const Index end = std::min(begin + lines, last);
            for (Index line = begin; line < end; ++line)
                gather(line / many.height, line % many.height, gathered.data() + (line - begin) * many.width * size);
            auto products = collect<T>([&](auto left, auto right) {
                sum_over_rows(left, size, right, many_count, StridedMatrix<T>{sums.data(), many_count});
            });
            for (Index pixel = 0; pixel < (end - begin) * many.width; ++pixel) {
                const T* const row = many.data + (begin * many.width + pixel) * many.stride;
                prefetch(row, many_count);
                products.add(gathered.data() + pixel * size, row);
            }
        }
        add_to_filters(sums.data(), w);
    }

    // gathered[pixel, tap, channel] for the pixels of one line: 0 where the tap joins it to nothing. For one channel tap
    // by tap is faster than pixel by pixel, as gather_patches does it.
    void gather(Index n, Index line, T* gathered) const {
        const ConvAxis &height = form.height, &width = form.width;
        const Pixels<const T> image = image_pixels(x, form, group * form.group_channels()),
                              output = output_pixels(y, form, group * form.group_filters());
        const Index channels = few_channels(), size = taps() * channels;
        std::fill_n(gathered, (few_in_image ? width.output : width.image) * size, T{0});
        for (Index l = 0; l < width.kernel; ++l) {
            const auto [begin, end] = outputs_inside(width, l);
            const Index column = width.pixel(begin, l);
            for (Index k = 0; begin < end && k < height.kernel; ++k) {
                const auto source = few_in_image ? height.joined_pixel(line, k) : height.joined_output(line, k);
                if (!source) continue;
                const T* from = few_in_image ? image.at(n, *source, column) : output.at(n, *source, begin);
                T* to = gathered + (few_in_image ? begin : column) * size + (k * width.kernel + l) * channels;
                const Index from_step = few_in_image ? width.stride * image.stride : output.stride;
                const Index to_step = few_in_image ? size : width.stride * size;
                for (Index j = begin; j < end; ++j, from += from_step, to += to_step) {
                    for (Index c = 0; c < channels; ++c) to[c] = from[c];
                }
            }
        }
    }

    // From [taps, few, many] to [taps, channels, filters].
    void add_to_filters(const T* sums, T* w) const {
        for (Index tap = 0; tap < taps(); ++tap) {
            for (Index f = 0; f < few_channels(); ++f) {
                for (Index m = 0; m < many_channels(); ++m) {
                    const Index c = few_in_image ? f : m, o = few_in_image ? m : f;
                    w[(tap * form.group_channels() + c) * form.filters + group * form.group_filters() + o] += *sums++;
                }
            }
        }
    }
};

// Few pixels make few blocks.
Index blocks_of(const Conv2DForm& form) {
    constexpr Index fewest_rows = 512;
    Index blocks = batch_blocks;
    while (blocks > 1 && form.rows() < blocks * fewest_rows) blocks /= 2;
    return blocks;
}

// Pieces of work are blocks by some parts of the filters, whose sums stay in cache while lines of pixels pass by.
template <template <Scalar> class Way, Scalar T>
void sum_in_blocks(const T* x, const T* y, T* w, const Conv2DForm& form, Index groups) {
    const Index size = element_count(form.weight_shape()), blocks = blocks_of(form);
    const Scratch<T> partial(blocks == 1 ? 0 : blocks * size);
    T* const sums = blocks == 1 ? w : partial.data();
    parallel_for(blocks, [&](Index block) { std::fill_n(sums + block * size, size, T{0}); });
    const Way<T> any{form, x, y, 0};
    const Index parts = any.parts(), lines = any.lines(), lines_at_once = std::max<Index>(1, any.lines_at_once());
    const Index shares = std::clamp<Index>(
        std::max(ceil_divide(size, cached_filters), ceil_divide(fewest_pieces, blocks * groups)), 1, parts);
    parallel_for(blocks * shares * groups, [&](Index piece) {
        const Index share = piece % shares, group = piece / shares % groups, block = piece / shares / groups;
        const Way<T> way{form, x, y, group};
        const Index end = lines * (block + 1) / blocks;
        for (Index first = lines * block / blocks; first < end; first += lines_at_once) {
            for (Index part = parts * share / shares; part < parts * (share + 1) / shares; ++part)
                way.add(part, first, std::min(first + lines_at_once, end), sums + block * size);
        }
    });
    if (blocks > 1) combine_blocks(partial.data(), blocks, size, std::plus<>{}, w);
}

}  // namespace

template <Scalar T>
void sum_filters(const T* x, const T* y, T* w, const Conv2DForm& form) {
    if (form.depthwise()) {
        sum_in_blocks<ChannelByChannel>(x, y, w, form, 1);
    } else if (std::min(form.group_channels(), form.group_filters()) <= GatheredTaps<T>::few) {
        sum_in_blocks<GatheredTaps>(x, y, w, form, form.groups);
    } else {
        sum_in_blocks<TapByTap>(x, y, w, form, form.groups);
    }
}

template void sum_filters(const float*, const float*, float*, const Conv2DForm&);
template void sum_filters(const double*, const double*, double*, const Conv2DForm&);

}  // namespace adjoint
