// Convolution layer: y = activation(conv2d(x, w) + b).
#pragma once

#include <optional>

#include "framework/ops/convolution.h"
#include "layers/initializers.h"
#include "layers/module.h"

namespace adjoint {

struct Conv2DLayerOptions {
    Index in_channels;
    Index out_channels;
    Size2D kernel;
    Size2D stride = {1, 1};
    Padding padding = Padding::valid();
    Size2D dilation = {1, 1};
    Index groups = 1;
    bool bias = true;
    Activation activation = {};
    Initializer initializer = initializers::glorot_uniform();
};

/// y = activation(conv2d(x, w) + b).   Shapes: x [N, H, W, in_channels], w [K, L, in_channels / groups,
/// out_channels], b [out_channels].
class Conv2D : public Module {
  public:
    Conv2D(const Conv2DLayerOptions& options, const Random& random);
    Variable forward(const Variable& x) const override;

    const Conv2DOptions options;
    Parameter weight;
    std::optional<Parameter> bias;

  private:
    Activation activation_;
};

}  // namespace adjoint
