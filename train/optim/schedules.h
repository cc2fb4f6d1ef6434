// Learning-rate schedules: each is a function of the step t = 0, 1, … alone that gives a factor of the learning rate,
// so that a checkpoint need only know t:
//
//   const Schedule schedule = WarmUp{.steps = 100, .then = CosineDecay{.steps = 900}};
//   adam.learning_rate_scale = schedule(t);
//
// Only ReduceOnPlateau looks at the losses, and keeps what it has seen. Each throws where an option is out of range:
// `StepDecay: every must be at least 1; got 0`.
#pragma once

#include <functional>
#include <limits>

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
    double operator()(Index t) const;
};

/// factorᵗ.
struct ExponentialDecay {
    double factor;
    double operator()(Index t) const;
};

/// 1 + (end − 1)·t / steps, then end: a straight line.
struct LinearDecay {
    Index steps;
    double end = 0.0;
    double operator()(Index t) const;
};

/// end + (1 − end)·(1 + cos(π·t / steps)) / 2, then end: half a wave.
/// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
struct CosineDecay {
    Index steps;
    double end = 0.0;
    double operator()(Index t) const;
};

/// Half a wave up from `begin` to 1, which it reaches at t = rising·steps − 1, and another down to `end` at steps − 1.
/// Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates",
/// 2018; defaults and turning points are PyTorch's.
struct OneCycle {
    Index steps;
    double rising = 0.3;
    double begin = 1.0 / 25;
    double end = 1.0 / 25 / 1e4;
    double operator()(Index t) const;
};

/// A straight line, (t + 1) / (steps + 1), while t < steps; then another schedule, which begins its own t = 0 there.
/// Source: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.
struct WarmUp {
    Index steps;
    Schedule then;
    double operator()(Index t) const;
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
    double observe(double loss);
};

}  // namespace adjoint
