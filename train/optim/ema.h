// Exponential moving average of weights: a mean over the steps, in which the last ones count most.
#pragma once

#include "layers/module.h"

namespace adjoint {

/// The exponential moving average of a model's parameters, kept in a second model of the same architecture. After t
/// updates, at which the parameter was p₁, …, pₜ, the average is
///   a = Σ decayᵗ⁻ⁱ·pᵢ / Σ decayᵗ⁻ⁱ,   made by  a ← a + (p − a)·(1 − decay) / (1 − decayᵗ):
/// a mean whose weights add up to 1 from the first update on, so that nothing of what `average` held before remains.
/// Buffers, such as the running moments of batch normalisation, are those of the last update.
/// Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the correction as in
/// Adam.
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
