// Learning-rate schedules: each is a function of the step t = 0, 1, … alone that gives a factor of the learning rate,
// so that a checkpoint need only know t:
//
//   const Schedule schedule = WarmUp{.steps = 100, .then = CosineDecay{.steps = 900}};
//   adam.learning_rate_scale = schedule(t);
//
// Only ReduceOnPlateau looks at the losses, and keeps what it has seen. Each throws where an option is out of range:
// `StepDecay: every must be at least 1; got 0`.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "framework/tensor/error.h"
#include "framework/tensor/shape.h"

namespace adjoint {

/// The factor of the learning rate at step t.
using Schedule = std::function<double(Index t)>;

/// 1.
struct ConstantRate {
    double operator()(Index) const { return 1.0; }
};

/// factor^⌊t / every⌋.
struct StepDecay {
    Index every;
    double factor = 0.1;
    double operator()(Index t) const {
        require_at_least("StepDecay", 1, {{"every", every}});
        require_at_least("StepDecay", 0, {{"factor", factor}});
        return std::pow(factor, static_cast<double>(t / every));
    }
};

/// factorᵗ.
struct ExponentialDecay {
    double factor;
    double operator()(Index t) const {
        require_at_least("ExponentialDecay", 0, {{"factor", factor}});
        return std::pow(factor, static_cast<double>(t));
    }
};

/// How much of `steps` is done at step t, from 0 to 1.
inline double share_done(double t, double steps) { return t < steps ? t / steps : 1.0; }
/// Half a wave from `begin` at 0 to `end` at 1.
inline double half_wave(double begin, double end, double position) {
    return end + (begin - end) * (1.0 + std::cos(std::numbers::pi * position)) / 2.0;
}

/// 1 + (end − 1)·t / steps, then end: a straight line.
struct LinearDecay {
    Index steps;
    double end = 0.0;
    double operator()(Index t) const {
        require_at_least("LinearDecay", 0, {{"steps", steps}, {"end", end}});
        return 1.0 + (end - 1.0) * share_done(static_cast<double>(t), static_cast<double>(steps));
    }
};

/// end + (1 − end)·(1 + cos(π·t / steps)) / 2, then end: half a wave.
/// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
struct CosineDecay {
    Index steps;
    double end = 0.0;
    double operator()(Index t) const {
        require_at_least("CosineDecay", 0, {{"steps", steps}, {"end", end}});
        return half_wave(1.0, end, share_done(static_cast<double>(t), static_cast<double>(steps)));
    }
};

/// Half a wave up from `begin` to 1, which it reaches at t = rising·steps − 1, and another down to `end` at steps − 1.
/// Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates",
/// 2018; defaults and turning points are PyTorch's.
struct OneCycle {
    Index steps;
    double rising = 0.3;
    double begin = 1.0 / 25;
    double end = 1.0 / 25 / 1e4;
    double operator()(Index t) const {
        require_at_least("OneCycle", 0, {{"steps", steps}, {"begin", begin}, {"end", end}});
        require(0.0 <= rising && rising <= 1.0, "OneCycle: rising must be from 0 to 1; got {}", rising);
        const double now = static_cast<double>(t), last = static_cast<double>(steps) - 1.0;
        const double top = rising * static_cast<double>(steps) - 1.0;
        return now < top ? half_wave(begin, 1.0, now / top) : half_wave(1.0, end, share_done(now - top, last - top));
    }
};

/// A straight line, (t + 1) / (steps + 1), while t < steps; then another schedule, which begins its own t = 0 there.
/// Source: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.
struct WarmUp {
    Index steps;
    Schedule then;
    double operator()(Index t) const {
        require_at_least("WarmUp", 0, {{"steps", steps}});
        require(then != nullptr, "WarmUp: then must be a schedule; got none");
        return t < steps ? static_cast<double>(t + 1) / static_cast<double>(steps + 1) : then(t - steps);
    }
};

struct ReduceOnPlateauOptions {
    double factor = 0.1;
    int patience = 10;        ///< how many losses in a row may be no better before the rate falls
    double threshold = 1e-4;  ///< better is below best·(1 − threshold), for losses above 0
    double end = 0.0;         ///< the factor never falls below
};
/// A factor, 1 at first, that is multiplied by options.factor when the loss has stopped to fall. All its state is here.
struct ReduceOnPlateau {
    ReduceOnPlateauOptions options = {};
    double scale = 1.0;
    double best = std::numeric_limits<double>::infinity();
    int no_better = 0;  ///< losses in a row

    /// The scale after one more loss: of an epoch, for example.
    double observe(double loss) {
        require_fraction("ReduceOnPlateau", {{"factor", options.factor}, {"threshold", options.threshold}});
        require_at_least("ReduceOnPlateau", 0, {{"patience", options.patience}, {"end", options.end}});
        const bool better = loss < best * (1.0 - options.threshold);
        no_better = better ? 0 : no_better + 1;
        if (better) best = loss;
        if (no_better > options.patience) {
            scale = std::max(scale * options.factor, options.end);
            no_better = 0;
        }
        return scale;
    }
};

}  // namespace adjoint
