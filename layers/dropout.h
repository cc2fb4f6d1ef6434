// Dropout layer: sets elements to 0 at random in training.
#pragma once

#include "framework/kernels/loops.h"
#include "framework/ops/selection.h"
#include "framework/tensor/random.h"
#include "layers/module.h"

namespace adjoint {

/// x with each element set to 0 with probability `rate`, the rest divided by 1 − rate; element i is decided by random's
/// element i.   Gradient: x ← g with the same elements set to 0, the rest divided alike.
inline Variable dropout(const Variable& x, double rate, const Random& random) {
    require(rate >= 0.0 && rate < 1.0, "dropout: the rate must be at least 0 and less than 1; got {}", rate);
    const double kept = 1.0 - rate;
    const Tensor chosen = map(random.uniform(x.shape(), x.dtype()),
                              [=](auto u) { return static_cast<decltype(u)>(u < kept ? 1.0 : 0.0); });
    return where(chosen, x, scalar(0.0, x)) * (1.0 / kept);
}

/// dropout in training, with new random numbers in every step; x itself in evaluation.   Throws unless 0 ≤ rate < 1.
class Dropout : public Module {
  public:
    Dropout(double rate, const Random& random)
        : steps(buffer("steps", Tensor::zeros({}, DType::float64))), rate_(rate), random_(random) {
        require(rate >= 0.0 && rate < 1.0, "Dropout: the rate must be at least 0 and less than 1; got {}", rate);
    }
    Variable forward(const Variable& x) const override {
        if (!training()) return x;
        const double step = steps.value().item();
        // In float64, whatever cast() made of it: float32 would stop at 2²⁴.
        steps.assign(Tensor({}, {step + 1.0}, DType::float64));
        return dropout(x, rate_, random_.stream(static_cast<std::uint64_t>(step)));
    }

    Buffer steps;  ///< how often it has been applied in training: the stream that comes next

  private:
    double rate_;
    Random random_;
};

}  // namespace adjoint
