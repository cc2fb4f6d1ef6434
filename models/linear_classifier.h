// Linear classifier (softmax regression): the baseline that a network has to beat.
#pragma once

#include "framework/ops/shape_ops.h"
#include "layers/linear.h"

namespace adjoint {

/// Logits [N, 10] of images x [N, 28, 28, 1] in 0..1: x·W + b, a weighted sum of the pixels for each class.
class LinearClassifier : public Module {
  public:
    explicit LinearClassifier(const Random& random)
        : linear_(child("linear", Linear({.in = 28 * 28, .out = 10}, random))) {}

    Variable forward(const Variable& x) const override { return linear_(reshape(x, {x.extent(0), -1})); }

  private:
    Linear& linear_;
};

}  // namespace adjoint
