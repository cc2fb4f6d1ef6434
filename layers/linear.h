// Fully connected layer: y = activation(x·W + b).
#pragma once

#include <optional>

#include "framework/ops/elementwise.h"
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
    Linear(const LinearOptions& options, const Random& random);

    Variable forward(const Variable& x) const override;

    Parameter weight;
    std::optional<Parameter> bias;

  private:
    Activation activation_;
};

/// Borrows the weights of `encoder` (tied weights) and runs it backward: y = activation(x·Wᵀ + b). The weights stay the
/// encoder's parameter; b is this layer's own.   Shapes: x [..., out], W [in, out], b [in], y [..., in].
class LinearTranspose : public Module {
  public:
    explicit LinearTranspose(const Linear& encoder, Activation activation = {});
    Variable forward(const Variable& x) const override;

    Parameter weight;
    Parameter bias;

  private:
    Activation activation_;
};

}  // namespace adjoint
