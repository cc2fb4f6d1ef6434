#include "framework/analysis/checkerboard.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <vector>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

bool covers_unevenly(const ConvAxis& axis) {
    std::vector<Index> taps(static_cast<std::size_t>(axis.stride), 0);
    for (Index k = 0; k < axis.kernel; ++k) ++taps[k * axis.dilation % axis.stride];
    return std::any_of(taps.begin(), taps.end(), [&](Index count) { return count != taps.front(); });
}

}  // namespace

bool covers_unevenly(const Conv2DForm& form) { return covers_unevenly(form.height) || covers_unevenly(form.width); }

Variable checkerboard_share(const Variable& x, const Size2D& period) {
    require_images("checkerboard_share", x.shape());
    const auto [s, t] = period;
    require(1 <= s && s <= x.extent(1) && 1 <= t && t <= x.extent(2),
            "checkerboard_share: a period must fit into the image; got {},{} and {}", s, t, x.shape());
    const Index rows = x.extent(1) / s, columns = x.extent(2) / t;
    const Variable whole = slice(slice(x, {.axis = 1, .end = rows * s}), {.axis = 2, .end = columns * t});
    // From the first pixel on, so that an image of a single colour is 0 and not what rounding leaves of it.
    const Variable corner = stop_gradient(slice(slice(x, {.axis = 1, .end = 1}), {.axis = 2, .end = 1}));
    const Variable shifted = whole - corner;
    const Variable centred = shifted - mean(shifted, {1, 2}, Keep::yes);
    const Variable energy = sum(centred * centred);
    if (energy.item() == 0.0) return Tensor::zeros({}, x.dtype());
    const Variable pattern = mean(reshape(centred, {x.extent(0), rows, s, columns, t, x.extent(3)}), {1, 3});
    return static_cast<double>(rows * columns) * sum(pattern * pattern) / energy;
}

}  // namespace adjoint
