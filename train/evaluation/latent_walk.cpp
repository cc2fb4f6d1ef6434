#include "train/evaluation/latent_walk.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <numeric>

namespace adjoint {
namespace {

// The angle between two vectors.
double angle(const double* a, const double* b, Index n) {
    const auto dot = [n](const double* x, const double* y) { return std::inner_product(x, x + n, y, 0.0); };
    const double aa = dot(a, a), bb = dot(b, b), ab = dot(a, b);
    return aa > 0.0 && bb > 0.0 ? std::acos(std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0)) : 0.0;
}

enum class Route { straight, arc };

Tensor walk(const char* operation, const Tensor& stops, Index steps, Route route) {
    require(stops.rank() == 2 && stops.extent(0) >= 2, "{}: stops must be [S, n] with S at least 2; got {}", operation,
            stops.shape());
    require(steps >= 2, "{}: a walk has at least 2 steps; got {}", operation, steps);
    const Index n = stops.extent(1);
    std::vector<double> latents;
    const auto stop = stops.to_vector();
    for (auto a = stop.begin(), b = a + n; b != stop.end(); a = b, b += n) {
        const double theta = route == Route::arc ? angle(&*a, &*b, n) : 0.0, sine = std::sin(theta);
        const bool straight = sine < 1e-6;  // of one direction, or of opposite ones: no arc is the one
        for (Index step = 0; step < steps; ++step) {
            const double t = static_cast<double>(step) / static_cast<double>(steps - 1);
            const double of_a = straight ? 1.0 - t : std::sin((1.0 - t) * theta) / sine;
            const double of_b = straight ? t : std::sin(t * theta) / sine;
            for (Index i = 0; i < n; ++i) latents.push_back(of_a * a[i] + of_b * b[i]);
        }
    }
    return Tensor({(stops.extent(0) - 1) * steps, n}, latents, stops.dtype());
}

}  // namespace

Tensor straight_walk(const Tensor& stops, Index steps) { return walk("straight_walk", stops, steps, Route::straight); }

Tensor arc_walk(const Tensor& stops, Index steps) { return walk("arc_walk", stops, steps, Route::arc); }

}  // namespace adjoint
