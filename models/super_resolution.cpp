#include "models/super_resolution.h"

#include <fmt/format.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/pooling.h"
#include "framework/ops/resampling.h"

namespace adjoint {

SuperResolution::SuperResolution(const Random& random, const SuperResolutionOptions& o) : scale(o.scale) {
    require(2 <= scale && scale <= 4 && o.channels >= 1 && o.width >= 1,
            "SuperResolution: scale must be 2, 3 or 4, channels and width at least 1; got {}, {} and {}", scale,
            o.channels, o.width);
    constexpr int depth = 4;
    std::uint64_t layer = 0;
    Index in = o.channels;
    for (int level = 1; level <= depth; ++level, in = o.width) {
        body_.push_back(&child(fmt::format("conv{}", level), Conv2D({.in_channels = in,
                                                                     .out_channels = o.width,
                                                                     .kernel = {3, 3},
                                                                     .padding = Padding::same(),
                                                                     .activation = relu(),
                                                                     .initializer = initializers::he_normal()},
                                                                    random.stream(++layer))));
    }
    // The kernel that bilinear interpolation has, so that it can begin as that.
    const Index kernel = 2 * scale - scale % 2, padding = scale / 2;
    up_ = &child("up", upsampling_layer({.in_channels = in,
                                         .out_channels = o.channels,
                                         .kernel = {kernel, kernel},
                                         .stride = {scale, scale},
                                         .padding = Padding::symmetric({padding, padding}),
                                         .initializer = initializers::normal(0.001)},
                                        o.upsampling, random.stream(++layer)));
}

Variable SuperResolution::forward(const Variable& x) const {
    Variable h = x;
    for (const Conv2D* const conv : body_) h = (*conv)(h);
    const Variable detail = (*up_)(h);
    return enlarge_bicubic(x, scale) + detail;
}

Variable shrink(const Variable& x, Index scale) { return average_pool2d(x, {.window = {scale, scale}}); }

Variable seen_part(const Variable& x, Index scale) {
    const auto whole = [&](const Variable& y, Index axis) {
        return slice(y, {.axis = axis, .end = y.extent(axis) / scale * scale});
    };
    return whole(whole(x, 1), 2);
}

Variable enlarge_bicubic(const Variable& x, Index scale) {
    return upsample2d(x, {scale, scale}, {.interpolation = Interpolation::bicubic});
}

}  // namespace adjoint
