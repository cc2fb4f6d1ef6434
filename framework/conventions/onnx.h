// ONNX's convolutions: channels before pixels, padding by four sides or by a rule, and a transposed convolution whose
// padding follows from the size that is asked for, below 0 where that is a large one.
//
// Where the operators' text and onnxruntime differ, the text is followed, as onnx.reference does. Under SAME_… with a
// stride above the span onnxruntime (and shape inference) put the zeros elsewhere: 1, 2 through a filter of one 1 with
// stride 2 is 0 1 0 2 here and 1 0 2 there. Where output_shape is larger than what there is, onnxruntime puts the zeros
// behind it, and refuses from one stride on. To mean the same everywhere, write pads.
//
// Source: https://onnx.ai/onnx/operators/onnx__Conv.html and …/onnx__ConvTranspose.html
#pragma once

#include <string>

#include "framework/ops/convolution.h"

namespace adjoint::onnx {

struct ConvOptions {
    std::optional<Variable> B = {};
    std::string auto_pad = "NOTSET";  ///< or VALID, SAME_UPPER, SAME_LOWER
    Size2D dilations = {1, 1};
    Index group = 1;
    std::optional<Size2D> kernel_shape = {};  ///< must be that of W
    std::optional<Sides> pads = {};           ///< [h_begin, w_begin, h_end, w_end]
    Size2D strides = {1, 1};
};

/// ONNX's Conv: adjoint::conv2d in another layout.
/// Shapes: X [N, C, H, W], W [M, C / group, kH, kW], B [M].
Variable conv(const Variable& X, const Variable& W, const ConvOptions& options = {});

struct ConvTransposeOptions {
    std::optional<Variable> B = {};
    std::string auto_pad = "NOTSET";
    Size2D dilations = {1, 1};
    Index group = 1;
    std::optional<Size2D> kernel_shape = {};
    Size2D output_padding = {0, 0};
    std::optional<Size2D> output_shape = {};  ///< then pads are not read
    std::optional<Sides> pads = {};
    Size2D strides = {1, 1};
};

/// ONNX's ConvTranspose: conv2d_input_gradient in another layout. On each axis
///   output_shape = strides·(H − 1) + output_padding + (kH − 1)·dilations + 1 − pads_begin − pads_end,
/// and where output_shape is given, or under SAME_… is strides·H, pads follow from it: of their total, SAME_UPPER puts
/// ⌊total / 2⌋ at the beginning, everything else ⌊total / 2⌋ at the end.
/// Shapes: X [N, C, H, W], W [C, M / group, kH, kW], B [M].
Variable conv_transpose(const Variable& X, const Variable& W, const ConvTransposeOptions& options = {});

/// The attributes by which a form is written, as a Conv or a ConvTranspose: conv_form and conv_transpose_form of them
/// make the same sums.
/// Throws where it crops its image: `onnx: Conv must not crop its input; got pads -1,0,0,0`.
ConvOptions conv_options(const Conv2DForm& form);
ConvTransposeOptions conv_transpose_options(const Conv2DForm& form);

/// The convolution, or the one that is transposed.
Conv2DForm conv_form(const Shape& X, const Shape& W, const ConvOptions& options);
Conv2DForm conv_transpose_form(const Shape& X, const Shape& W, const ConvTransposeOptions& options);

}  // namespace adjoint::onnx
