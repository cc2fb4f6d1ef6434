// Keras's and TensorFlow's convolutions: adjoint's own layouts, padding by a rule or TensorFlow's explicit paddings,
// and a transposed convolution that makes stride times its input under `same`, and never less than that under `valid`.
//
// Accepted here, though not everywhere there: a stride together with a dilation (Keras refuses it), an output_padding
// under `same` that makes (H′ − 1)·strides rows (TensorFlow refuses it), groups of a transposed convolution
// (TensorFlow's).
//
// Source: https://keras.io/api/layers/convolution_layers/convolution2d_transpose/,
// https://www.tensorflow.org/api_docs/python/tf/nn/conv2d and …/tf/nn/conv2d_transpose
#pragma once

#include <string>
#include <variant>

#include "framework/ops/convolution.h"

namespace adjoint::keras {

/// "valid" or "same", in small letters or capitals, or TensorFlow's explicit paddings.
using Padding = std::variant<std::string, Sides>;

struct Conv2DOptions {
    std::optional<Variable> bias = {};
    Size2D strides = {1, 1};
    Padding padding = "valid";
    Size2D dilation_rate = {1, 1};
    Index groups = 1;
};

/// keras.layers.Conv2D and tf.nn.conv2d: adjoint::conv2d.
/// Shapes: input [N, H, W, C_in], kernel [K, L, C_in / groups, C_out], bias [C_out].
Variable conv2d(const Variable& input, const Variable& kernel, const Conv2DOptions& options = {});

/// keras.layers.DepthwiseConv2D and tf.nn.depthwise_conv2d: each channel has filters of its own, a convolution of as
/// many groups as channels. The options' groups are not read.
/// Shapes: input [N, H, W, C], kernel [K, L, C, depth_multiplier], bias [C·depth_multiplier].
Variable depthwise_conv2d(const Variable& input, const Variable& kernel, const Conv2DOptions& options = {});

struct Conv2DTransposeOptions {
    std::optional<Variable> bias = {};
    Size2D strides = {1, 1};
    Padding padding = "valid";
    std::optional<Size2D> output_padding = {};  ///< Keras: see below
    std::optional<Shape> output_shape = {};     ///< TensorFlow: [H, W] or [N, H, W, C_out]
    Size2D dilation_rate = {1, 1};
    Index groups = 1;
};

/// keras.layers.Conv2DTranspose and tf.nn.conv2d_transpose: conv2d_input_gradient. With s = strides and
/// f = dilation_rate·(K − 1) + 1, and the size not named, H is
///   valid:  H′·s + max(f − s, 0)                            same:  H′·s
///   valid, output_padding:  (H′ − 1)·s + f + output_padding
///   same, output_padding:   (H′ − 1)·s + f mod 2 + output_padding
/// The last one cuts f − f mod 2 − output_padding rows off, half of them before, the larger half after.
/// Shapes: input [N, H′, W′, C_in], kernel [K, L, C_out / groups, C_in], bias [C_out].
Variable conv2d_transpose(const Variable& input, const Variable& kernel, const Conv2DTransposeOptions& options = {});

/// The convolution, or the one that is transposed.
Conv2DForm conv2d_form(const Shape& input, const Shape& kernel, const Conv2DOptions& options);
Conv2DForm conv2d_transpose_form(const Shape& input, const Shape& kernel, const Conv2DTransposeOptions& options);

}  // namespace adjoint::keras
