// Layer normalization layer: each example to mean 0 and variance 1 by itself.
#pragma once

#include "layers/module.h"

namespace adjoint {

struct LayerNormOptions {
    Shape shape;  ///< of the innermost axes, over which an example is normalised: {C}, or {H, W, C}
    double epsilon = 1e-5;
};

/// y = (x − μ) / √(σ² + ε)·γ + β with the moments μ, σ² over the innermost axes; the same in training and evaluation.
/// Shapes: x [..., shape], γ and β [shape].   Throws `LayerNorm: input must be [..., 4]; got [2, 3]`.
/// Source: Ba, Kiros and Hinton, "Layer normalization", 2016.
class LayerNorm : public Module {
  public:
    explicit LayerNorm(const LayerNormOptions& options);
    Variable forward(const Variable& x) const override;

    Parameter scale;  ///< γ
    Parameter shift;  ///< β

  private:
    double epsilon_;
};

}  // namespace adjoint
