#include "datasets/pen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace adjoint {
namespace {

// The first and the last pixel whose centre may lie between low and high.
std::pair<int, int> pixel_range(double low, double high, int side) {
    return {std::max(0, static_cast<int>(low)), std::min(side - 1, static_cast<int>(high))};
}

// Inks a line whose width changes evenly from one end to the other; where lines overlap, the darker one shows.
void ink_line(const PenDab& from, const PenDab& to, int side, float edge, std::span<float> pixels) {
    const double reach = std::max(from.radius, to.radius) + edge / 2;
    const auto [left, right] = pixel_range(std::min(from.x, to.x) - reach, std::max(from.x, to.x) + reach, side);
    const auto [top, bottom] = pixel_range(std::min(from.y, to.y) - reach, std::max(from.y, to.y) + reach, side);
    const float dx = static_cast<float>(to.x - from.x), dy = static_cast<float>(to.y - from.y);
    const float radius = static_cast<float>(from.radius), widening = static_cast<float>(to.radius - from.radius);
    const float inverse_square = 1.0f / std::max(dx * dx + dy * dy, 1e-12f);
    for (int row = top; row <= bottom; ++row) {
        const float y = static_cast<float>(row + 0.5 - from.y);
        for (int column = left; column <= right; ++column) {
            const float x = static_cast<float>(column + 0.5 - from.x);
            const float along = std::clamp((x * dx + y * dy) * inverse_square, 0.0f, 1.0f);
            const float away_x = x - along * dx, away_y = y - along * dy;
            const float distance = std::sqrt(away_x * away_x + away_y * away_y);
            const float covered = std::clamp((radius + along * widening - distance) / edge + 0.5f, 0.0f, 1.0f);
            float& pixel = pixels[static_cast<std::size_t>(row * side + column)];
            pixel = std::max(pixel, covered);
        }
    }
}

}  // namespace

void fit_to_box(std::span<PenDab> dabs, double size) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double left = infinity, right = -infinity, top = infinity, bottom = -infinity;
    for (const PenDab& dab : dabs) {
        left = std::min(left, dab.x - dab.radius);
        right = std::max(right, dab.x + dab.radius);
        top = std::min(top, dab.y - dab.radius);
        bottom = std::max(bottom, dab.y + dab.radius);
    }
    const double scale = size / std::max(right - left, bottom - top);
    for (PenDab& dab : dabs) {
        dab.x = size / 2 + scale * (dab.x - (left + right) / 2);
        dab.y = size / 2 + scale * (dab.y - (top + bottom) / 2);
        dab.radius *= scale;
    }
}

std::vector<float> ink(std::span<const PenDab> dabs, int side, double edge) {
    std::vector<float> pixels(static_cast<std::size_t>(side * side));
    for (std::size_t i = 1; i < dabs.size(); ++i)
        if (!dabs[i].touches_down) ink_line(dabs[i - 1], dabs[i], side, static_cast<float>(edge), pixels);
    return pixels;
}

}  // namespace adjoint
