// Normalization layers (batch, layer, group, instance): values to mean 0 and variance 1, then y = …·γ + β.
#pragma once

#include <optional>

#include "framework/convolution/epilogue.h"
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
/// and the running moments follow: running ← (1 − momentum)·running + momentum·batch's, σ² with divisor n − 1 there. In
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
    BatchNormOptions options_;
};

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

struct GroupNormOptions {
    Index channels;
    Index groups;
    double epsilon = 1e-5;
    bool affine = true;  ///< whether there are γ and β
};

/// y = (x − μ) / √(σ² + ε)·γ + β with the moments μ, σ² of each example's channels c of one group, C / groups that are
/// neighbours, over all pixels; the same in training and evaluation.   Shapes: x [N, ..., C], γ and β [C].
/// Throws where the channels do not divide into the groups, and where a group has one value only.
/// Source: Wu and He, "Group normalization", 2018.
class GroupNorm : public Module {
  public:
    explicit GroupNorm(const GroupNormOptions& options);
    Variable forward(const Variable& x) const override;

    std::optional<Parameter> scale;  ///< γ
    std::optional<Parameter> shift;  ///< β

  private:
    GroupNormOptions options_;
};

struct InstanceNormOptions {
    Index channels;
    double epsilon = 1e-5;
    bool affine = false;  ///< whether there are γ and β
};

/// GroupNorm with a group for each channel.
/// Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.
struct InstanceNorm : GroupNorm {
    explicit InstanceNorm(const InstanceNormOptions& o)
        : GroupNorm({.channels = o.channels, .groups = o.channels, .epsilon = o.epsilon, .affine = o.affine}) {}
};

}  // namespace adjoint
