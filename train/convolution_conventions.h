// In which system's words is a convolution typed? Each has flags and layouts of its own; what they mean is said by
// framework/conventions.
#pragma once

#include <functional>
#include <string>

#include "framework/convolution.h"

namespace adjoint {

/// The options of a convolution as they were typed; empty where nothing was.
struct TypedConvolution {
    std::string convention = "adjoint";
    std::string stride = "1", dilation = "1", groups = "1";
    std::optional<std::string> padding;
    std::string output_size, output_padding;
    std::string auto_pad, pads, kernel_shape;  // ONNX's
};

/// How a system lays out its tensors.
enum class Layout {
    channels_last,   ///< [N, H, W, C] or [H, W, C], filters [K, L, C, O]
    channels_first,  ///< [N, C, H, W], filters [O, C, K, L]
    unbatched_too    ///< the same, and [C, H, W], of which [O, H, W] comes
};

/// A convolution of one direction, as a system speaks it.
struct Convention {
    Layout layout;
    std::function<Conv2DForm(const Shape& input, const Shape& weight)> form;
    std::function<Variable(const Variable& input, const Variable& weight, const std::optional<Variable>& bias)> apply;
};

/// Throw Error, beginning with the option's name, where an option is not what the convention takes.
Convention conv2d_convention(const TypedConvolution& typed);
Convention conv2d_transpose_convention(const TypedConvolution& typed);

/// adjoint's own options.
Conv2DOptions convolution_options(const TypedConvolution& typed);

}  // namespace adjoint
