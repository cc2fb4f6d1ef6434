// Dropout layer: sets elements to 0 at random in training.
#pragma once

#include "framework/tensor/random.h"
#include "layers/module.h"

namespace adjoint {

/// x with each element set to 0 with probability `rate`, the rest divided by 1 − rate; element i is decided by random's
/// element i.   Gradient: x ← g with the same elements set to 0, the rest divided alike.
/// Throws `dropout: the rate must be at least 0 and less than 1; got 1`.
Variable dropout(const Variable& x, double rate, const Random& random);

/// dropout in training, with new random numbers in every step; x itself in evaluation.   Throws unless 0 ≤ rate < 1.
class Dropout : public Module {
  public:
    Dropout(double rate, const Random& random);
    Variable forward(const Variable& x) const override;

    Buffer steps;  ///< how often it has been applied in training: the stream that comes next

  private:
    double rate_;
    Random random_;
};

}  // namespace adjoint
