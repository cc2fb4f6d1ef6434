// Tap groups: the pixels of a result that the same taps of a filter lead to, along one axis, and where those taps
// begin.
#pragma once

#include <memory>
#include <vector>

#include "framework/convolution/conv2d_form.h"

namespace adjoint::direct {

/// The two sides of a form. A kernel computes one of them, its target, from the other, its source.
enum class Side { image, output };
constexpr Side opposite(Side side) { return side == Side::image ? Side::output : Side::image; }

/// Pixels at equal distances.
struct PixelLine {
    Index first, step;
    Index operator[](Index m) const { return first + m * step; }
};

/// What one tap joins: it leads from source[m] to target[m] for each m < count.
struct TapRun {
    PixelLine source, target;
    Index count;
};

/// Targets that the same taps lead to: among them there is no border and no gap left. Tap taps[t] leads from
/// sources[m] + steps[t] to targets[m].
struct TapGroup {
    std::vector<Index> targets, sources;
    std::vector<Index> taps, steps;
};

/// The taps of one axis, of which each target has its own.
struct AxisTaps {
    Index sources, targets;        ///< how many pixels the axis has on either side
    std::vector<TapRun> runs;      ///< one for each tap
    std::vector<TapGroup> groups;  ///< the same once more, by target: a tap's number rises within a group

    /// Calls f(source line, target line) for each of the lines [first, last) of the target that tap k leads to; lines
    /// are counted over all images.
    template <class F>
    void for_each_line(Index k, Index first, Index last, F f) const {
        const TapRun& run = runs[static_cast<std::size_t>(k)];
        for (Index line = first; line < last; ++line) {
            const Index n = line / targets, distance = line % targets - run.target.first;
            const Index m = distance / run.target.step;
            if (distance >= 0 && distance % run.target.step == 0 && m < run.count) f(n * sources + run.source[m], line);
        }
    }
};

/// Made once for an axis and kept: an operation that is called again finds them.
std::shared_ptr<const AxisTaps> axis_taps(const ConvAxis& axis, Side target);

/// The pixels of one side of a form, a tensor [N, height, width, channels], from one of its channels on.
template <class T>
struct Pixels {
    T* data;
    Index width;
    Index stride;  ///< from one pixel to the next: all channels

    Pixels from(Index channel) const { return {data + channel, width, stride}; }
    /// Lines are counted over all images.
    T* at(Index line, Index column) const { return data + (line * width + column) * stride; }
};

template <class T>
Pixels<T> pixels(T* data, const Conv2DForm& form, Side side) {
    return side == Side::image ? Pixels<T>{data, form.width.image, form.channels}
                               : Pixels<T>{data, form.width.output, form.filters};
}

/// What a piece of work reads again and again should stay in the second-level cache: so many numbers of pixels, and so
/// many of filters.
constexpr Index cached_pixels = 1 << 18;
constexpr Index cached_filters = 1 << 17;
constexpr Index cached_sums = 1 << 14;  ///< numbers of a part of a filter that are summed over a whole batch
constexpr Index fewest_pieces = 16;     ///< enough that threads finish together

}  // namespace adjoint::direct
