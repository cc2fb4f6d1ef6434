// Fully connected layer: y = activation(x·W + b).
#pragma once

#include <optional>

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "layers/initializers.h"
#include "layers/module.h"

namespace adjoint {

struct LinearOptions {
    Index in;
    Index out;
    bool bias = true;
    Activation activation = {};
    Initializer initializer = initializers::glorot_uniform();
};

/// y = activation(x·W + b).   Shapes: x [..., in] of two axes or more, W [in, out], b [out], y [..., out].
class Linear : public Module {
  public:
    Linear(const LinearOptions& o, const Random& random)
        : weight(parameter(
              "weight", o.initializer({o.in, o.out}, {static_cast<double>(o.in), static_cast<double>(o.out)}, random))),
          activation_(o.activation) {
        require(o.in >= 1 && o.out >= 1, "Linear: in and out must be at least 1; got {} and {}", o.in, o.out);
        if (o.bias) bias = parameter("bias", Tensor::zeros({o.out}));
    }
    Variable forward(const Variable& x) const override {
        const Variable y = matmul(x, weight);
        return activation_(bias ? y + *bias : y);
    }

    Parameter weight;
    std::optional<Parameter> bias;

  private:
    Activation activation_;
};

}  // namespace adjoint
