// PyTorch's convolutions: images [N, C, H, W] or one image [C, H, W], the same zeros on opposite sides, and a
// transposed convolution that is told how many rows and columns it makes beyond the fewest.
//
// Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html, …conv_transpose2d.html and
// https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
#pragma once

#include <string>
#include <variant>

#include "framework/ops/convolution.h"

namespace adjoint::pytorch {

struct Conv2dOptions {
    std::optional<Variable> bias = {};
    Size2D stride = {1, 1};
    std::variant<Size2D, std::string> padding = Size2D{0, 0};  ///< or "valid", or "same", which takes a stride of 1
    Size2D dilation = {1, 1};
    Index groups = 1;
};

/// torch.nn.functional.conv2d: adjoint::conv2d in another layout.
/// Shapes: input [N, C_in, H, W] or [C_in, H, W], weight [C_out, C_in / groups, K, L], bias [C_out].
/// Throws, for example: `pytorch::conv2d: input has 3 channels, weight expects 1; got input [8, 3, 28, 28], weight
/// [16, 1, 3, 3]`.
Variable conv2d(const Variable& input, const Variable& weight, const Conv2dOptions& options = {});

struct ConvTranspose2dOptions {
    std::optional<Variable> bias = {};
    Size2D stride = {1, 1};
    Size2D padding = {0, 0};
    Size2D output_padding = {0, 0};
    Index groups = 1;
    Size2D dilation = {1, 1};
    std::optional<Shape> output_size = {};  ///< [H, W], or as long as the input's shape; overrules output_padding
};

/// torch.nn.functional.conv_transpose2d, and with output_size the forward of torch.nn.ConvTranspose2d:
/// conv2d_input_gradient in another layout.   H = (H′ − 1)·stride − 2·padding + dilation·(K − 1) + output_padding + 1.
/// Shapes: input [N, C_in, H′, W′] or [C_in, H′, W′], weight [C_in, C_out / groups, K, L], bias [C_out].
Variable conv_transpose2d(const Variable& input, const Variable& weight, const ConvTranspose2dOptions& options = {});

/// The convolution, or the one that is transposed.
Conv2DForm conv2d_form(const Shape& input, const Shape& weight, const Conv2dOptions& options);
Conv2DForm conv_transpose2d_form(const Shape& input, const Shape& weight, const ConvTranspose2dOptions& options);

}  // namespace adjoint::pytorch
