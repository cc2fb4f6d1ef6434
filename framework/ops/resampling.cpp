#include "framework/ops/resampling.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>

namespace adjoint {
namespace {

void require_pixels(const char* operation, const Variable& x) {
    require_images(operation, x.shape());
    require(x.extent(1) > 0 && x.extent(2) > 0, "{}: input has an empty axis; got {}", operation, x.shape());
}

}  // namespace

// The weight of a pixel at distance t in bicubic interpolation.
double cubic(double t) {
    constexpr double a = -0.75;
    t = std::abs(t);
    return t <= 1.0 ? ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0 : a * (((t - 5.0) * t + 8.0) * t - 4.0);
}

SparseMatrix resampling_matrix(const Resampling& pixels, const ResizeOptions& options) {
    const auto [from, to] = pixels;
    const bool nearest = options.interpolation == Interpolation::nearest;
    require(!nearest || !options.align_corners, "resize2d: corners are aligned between pixels; got nearest");
    SparseMatrix R{to, from, {}};
    for (Index i = 0; i < to; ++i) {
        if (nearest) {
            R.entries.push_back({i, (2 * i + 1) * from / (2 * to), 1.0});
            continue;
        }
        // u = numerator / denominator, in whole numbers so that places on a pixel are on it exactly.
        const Index denominator = options.align_corners ? std::max<Index>(1, to - 1) : 2 * to;
        const Index numerator = options.align_corners ? i * (from - 1) : (2 * i + 1) * from - to;
        if (options.interpolation == Interpolation::bicubic) {
            const Index first = (numerator + denominator) / denominator - 2;  // ⌊u⌋ − 1, as u > −1
            const double f =
                static_cast<double>((numerator + denominator) % denominator) / static_cast<double>(denominator);
            for (Index tap = 0; tap < 4; ++tap) {
                const double weight = cubic(f - static_cast<double>(tap - 1));
                if (weight != 0.0) R.entries.push_back({i, std::clamp<Index>(first + tap, 0, from - 1), weight});
            }
            continue;
        }
        const Index kept = std::clamp<Index>(numerator, 0, (from - 1) * denominator);
        const double f = static_cast<double>(kept % denominator) / static_cast<double>(denominator);
        R.entries.push_back({i, kept / denominator, 1.0 - f});
        if (f > 0.0) R.entries.push_back({i, kept / denominator + 1, f});
    }
    return R;
}

Variable resize2d(const Variable& x, const Size2D& size, const ResizeOptions& options) {
    require_pixels("resize2d", x);
    require(size.height >= 1 && size.width >= 1, "resize2d: the size must be at least 1,1; got {},{}", size.height,
            size.width);
    element_count({x.extent(0), size.height, size.width, x.extent(3)}, "resize2d");  // throws where it is too large
    const Variable y = multiply_along(x, resampling_matrix({.from = x.extent(1), .to = size.height}, options), 1);
    return multiply_along(y, resampling_matrix({.from = x.extent(2), .to = size.width}, options), 2);
}

Variable upsample2d(const Variable& x, const Size2D& factor, const ResizeOptions& options) {
    require_pixels("upsample2d", x);
    require(factor.height >= 1 && factor.width >= 1, "upsample2d: the factor must be at least 1,1; got {},{}",
            factor.height, factor.width);
    const auto times = [](Index f, Index extent) { return element_count({f, extent}, "upsample2d"); };
    return resize2d(x, {times(factor.height, x.extent(1)), times(factor.width, x.extent(2))}, options);
}

}  // namespace adjoint
