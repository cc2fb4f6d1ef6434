#include "train/evaluation/latent_walk.h"

#include <algorithm>
#include <cmath>

namespace adjoint {
namespace {

// How much of each end is taken, at t.
struct Shares {
    double a, b;
};

template <class Weigh>
Tensor walk(const char* operation, const Tensor& stops, Index steps, Weigh weigh) {
    require(stops.rank() == 2 && stops.extent(0) >= 2, "{}: stops must be [S, n] with S at least 2; got {}", operation,
            stops.shape());
    require(steps >= 2, "{}: a walk has at least 2 steps; got {}", operation, steps);
    const Index n = stops.extent(1);
    std::vector<double> latents;
    const auto stop = stops.to_vector();
    for (auto a = stop.begin(), b = a + n; b != stop.end(); a = b, b += n) {
        for (Index step = 0; step < steps; ++step) {
            const Shares share = weigh(&*a, &*b, static_cast<double>(step) / static_cast<double>(steps - 1));
            for (Index i = 0; i < n; ++i) latents.push_back(share.a * a[i] + share.b * b[i]);
        }
    }
    return Tensor({(stops.extent(0) - 1) * steps, n}, latents, stops.dtype());
}

// The angle between two vectors.
double angle(const double* a, const double* b, Index n) {
    double aa = 0.0, bb = 0.0, ab = 0.0;
    for (Index i = 0; i < n; ++i) {
        aa += a[i] * a[i];
        bb += b[i] * b[i];
        ab += a[i] * b[i];
    }
    return aa > 0.0 && bb > 0.0 ? std::acos(std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0)) : 0.0;
}

}  // namespace

Tensor straight_walk(const Tensor& stops, Index steps) {
    return walk("straight_walk", stops, steps, [](const double*, const double*, double t) {
        return Shares{1.0 - t, t};
    });
}

Tensor arc_walk(const Tensor& stops, Index steps) {
    const Index n = stops.extent(-1);
    return walk("arc_walk", stops, steps, [n](const double* a, const double* b, double t) {
        const double theta = angle(a, b, n), sine = std::sin(theta);
        if (sine < 1e-6) return Shares{1.0 - t, t};  // of one direction, or of opposite ones: no arc is the one
        return Shares{std::sin((1.0 - t) * theta) / sine, std::sin(t * theta) / sine};
    });
}

}  // namespace adjoint
