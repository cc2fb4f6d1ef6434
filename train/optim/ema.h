// Exponential moving average of weights: a mean over the steps, in which the last ones count most.
#pragma once

#include "layers/module.h"

namespace adjoint {

/// The exponential moving average of a model's parameters, kept in a second model of the same architecture. Update
/// t = 0, 1, … takes in the parameters p as they are then:
///   a ← p at the first,   a ← a + (p − a)·(1 − decayₜ) at the others,   decayₜ = min(decay, (1 + t) / (10 + t)),
/// a decay that grows to its value while there are few steps to average, of which the first are the worst. Nothing of
/// what `average` held before remains. Buffers, such as the running moments of batch normalisation, are those of the
/// last update; reestimate_moments in `layers/running_moments.h` makes moments those of the averaged weights.
/// Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the growing decay as in
/// TensorFlow's ExponentialMovingAverage with num_updates.
class ExponentialMovingAverage {
  public:
    /// Throws unless 0 ≤ decay < 1 and both models have the same states.
    ExponentialMovingAverage(const Module& model, const Module& average, double decay);

    /// Takes in the model's weights as they are now: after each step.
    void update();
    /// Goes on after so many updates, when `average` holds what they made of it.
    void resume(Index updates) { updates_ = updates; }

  private:
    States model_, average_;
    std::size_t parameters_;  // how many of the states are parameters
    double decay_;
    Index updates_ = 0;
};

}  // namespace adjoint
