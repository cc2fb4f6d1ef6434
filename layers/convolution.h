// Convolution layers: y = activation(conv2d(x, w) + b), and the same of conv2d_transpose, a convolution's input
// gradient run forward.
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

struct Conv2DTransposeLayerOptions {
    Index in_channels;
    Index out_channels;
    Size2D kernel;
    Size2D stride = {1, 1};
    Padding padding = Padding::valid();
    Size2D dilation = {1, 1};
    Index groups = 1;
    std::optional<Size2D> output_size = {};
    std::optional<Size2D> output_padding = {};
    bool bias = true;
    Activation activation = {};
    Initializer initializer = initializers::glorot_uniform();
};

/// y = activation(conv2d_transpose(x, w) + b): conv2d_input_gradient of the convolution that leads from
/// y's shape to x's. Shapes: x [N, H′, W′, in_channels], w [K, L, out_channels / groups, in_channels], b
/// [out_channels]. See Conv2DTransposeOptions for the size of y.
class Conv2DTranspose : public Module {
  public:
    Conv2DTranspose(const Conv2DTransposeLayerOptions& options, const Random& random);

    /// Borrows the filters of `encoder` (tied weights) and runs it backward; the size of y may be named. The filters
    /// stay the encoder's parameter; the bias, if any, is this layer's own.
    explicit Conv2DTranspose(const Conv2D& encoder, std::optional<Size2D> output_size = {}, bool with_bias = true,
                             Activation activation = {});

    Variable forward(const Variable& x) const override;

    const Conv2DTransposeOptions options;
    Parameter weight;
    std::optional<Parameter> bias;

  private:
    Activation activation_;
};

}  // namespace adjoint
