// Batch normalisation layer: brings every channel to mean 0 and variance 1 over a batch.
#pragma once

#include "framework/kernels/epilogue.h"
#include "layers/initializers.h"
#include "layers/module.h"

namespace adjoint {

struct BatchNormOptions {
    Index channels;
    double epsilon = 1e-5;
    double momentum = 0.1;  ///< how far the running moments move towards a batch's
    Activation activation = {};
    Initializer scale = initializers::constant(1.0);
};

/// In training  y = activation((x − μ) / √(σ² + ε)·γ + β)  with the moments μ, σ² of each channel over all other axes,
/// and the running moments follow: running ← running + momentum·(batch's − running), σ² with divisor n − 1 there. In
/// evaluation the running moments take the place of the batch's.   Shapes: x [..., C], γ and β [C]. Throws in training
/// where a channel has one value only, as it has no variance.
/// Source: Ioffe and Szegedy, "Batch normalization", 2015.
class BatchNorm : public Module {
  public:
    BatchNorm(const BatchNormOptions& options, const Random& random);
    Variable forward(const Variable& x) const override;

    /// γ / √(running σ² + ε): what evaluation multiplies each channel by.
    Variable gain() const;

    Parameter scale;  ///< γ
    Parameter shift;  ///< β
    Buffer running_mean;
    Buffer running_variance;

  private:
    double epsilon_;
    double momentum_;
    Activation activation_;
};

}  // namespace adjoint
