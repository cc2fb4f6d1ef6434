#include "framework/bands.h"

#include <algorithm>

namespace adjoint {
namespace {

// `source(target, tap)` is a pixel of the source, or nothing where the tap leads from none to that target.
template <class Source>
std::vector<Band> bands(Index targets, Index taps, Source source) {
    std::vector<Band> result;
    for (Index target = 0; target < targets; ++target) {
        Band reached;
        for (Index tap = 0; tap < taps; ++tap) {
            const std::optional<Index> from = source(target, tap);
            if (!from) continue;
            if (reached.taps.empty()) reached.sources = {*from};
            reached.taps.push_back(tap);
            reached.steps.push_back(*from - reached.sources[0]);
        }
        if (reached.taps.empty()) reached.sources = {0};
        auto band = std::find_if(result.begin(), result.end(), [&](const Band& b) { return b.taps == reached.taps; });
        if (band == result.end()) band = result.insert(band, {{}, {}, reached.taps, reached.steps});
        band->targets.push_back(target);
        band->sources.push_back(reached.sources[0]);
    }
    return result;
}

}  // namespace

std::vector<Band> output_bands(const ConvAxis& axis) {
    return bands(axis.output, axis.kernel, [&](Index i, Index k) { return axis.joined_pixel(i, k); });
}

std::vector<Band> image_bands(const ConvAxis& axis) {
    return bands(axis.image, axis.kernel, [&](Index h, Index k) { return axis.joined_output(h, k); });
}

}  // namespace adjoint
