#include "framework/kernels/tap_groups.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "framework/tensor/shape.h"

namespace adjoint::direct {
namespace {

// Pixels h = i·s + k·d − p and i, from the first to the last i whose h lies in the image.
TapRun joined_pixels(const ConvAxis& axis, Index k, Side target) {
    const auto first_beyond = [&](Index pixel) {
        const Index distance = std::max<Index>(0, pixel - axis.pixel(0, k));
        return std::min(ceil_divide(distance, axis.stride), axis.output);
    };
    const Index begin = first_beyond(0), count = first_beyond(axis.image) - begin;
    const PixelLine image{axis.pixel(begin, k), axis.stride}, output{begin, 1};
    return target == Side::output ? TapRun{image, output, count} : TapRun{output, image, count};
}

std::vector<TapGroup> groups_of(const std::vector<TapRun>& runs, Index targets) {
    std::vector<TapGroup> single(static_cast<std::size_t>(targets));  // one target each
    for (std::size_t k = 0; k < runs.size(); ++k) {
        for (Index m = 0; m < runs[k].count; ++m) {
            TapGroup& reached = single[static_cast<std::size_t>(runs[k].target[m])];
            const Index source = runs[k].source[m];
            if (reached.taps.empty()) reached.sources = {source};
            reached.taps.push_back(static_cast<Index>(k));
            reached.steps.push_back(source - reached.sources[0]);
        }
    }
    std::vector<TapGroup> groups;
    for (Index target = 0; target < targets; ++target) {
        const TapGroup& one = single[static_cast<std::size_t>(target)];
        auto group = std::find_if(groups.begin(), groups.end(), [&](const TapGroup& g) { return g.taps == one.taps; });
        if (group == groups.end()) group = groups.insert(group, {{}, {}, one.taps, one.steps});
        group->targets.push_back(target);
        group->sources.push_back(one.taps.empty() ? 0 : one.sources[0]);
    }
    return groups;
}

AxisTaps find_taps(const ConvAxis& axis, Side target) {
    const auto [sources, targets] =
        target == Side::output ? std::pair(axis.image, axis.output) : std::pair(axis.output, axis.image);
    AxisTaps taps{.sources = sources, .targets = targets, .runs = {}, .groups = {}};
    for (Index k = 0; k < axis.kernel; ++k) taps.runs.push_back(joined_pixels(axis, k, target));
    taps.groups = groups_of(taps.runs, targets);
    return taps;
}

}  // namespace

std::shared_ptr<const AxisTaps> axis_taps(const ConvAxis& axis, Side target) {
    static std::mutex mutex;
    static std::map<std::pair<ConvAxis, Side>, std::shared_ptr<const AxisTaps>> known;
    constexpr std::size_t most = 4096;  // a program that meets more axes than this forgets them all
    const std::lock_guard lock(mutex);
    if (known.size() == most) known.clear();
    std::shared_ptr<const AxisTaps>& taps = known[{axis, target}];
    if (!taps) taps = std::make_shared<const AxisTaps>(find_taps(axis, target));
    return taps;
}

}  // namespace adjoint::direct
