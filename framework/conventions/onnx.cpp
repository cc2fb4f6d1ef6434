#include "framework/conventions/onnx.h"

#include <algorithm>

#include "framework/conventions/layouts.h"
#include "framework/conventions/terms.h"
#include "framework/error.h"

namespace adjoint::onnx {
namespace {

constexpr Terms conv_terms{.operation = "onnx::conv",
                           .input = {"X", "[N, C, H, W]", {0, 2, 3, 1}},
                           .weight = {"W", "[M, C / group, kH, kW]", {2, 3, 1, 0}},
                           .bias = "B",
                           .stride = "strides",
                           .dilation = "dilations",
                           .groups = "group"};

constexpr Terms conv_transpose_terms{.operation = "onnx::conv_transpose",
                                     .input = conv_terms.input,
                                     .weight = {"W", "[C, M / group, kH, kW]", {2, 3, 1, 0}},
                                     .bias = "B",
                                     .stride = "strides",
                                     .dilation = "dilations",
                                     .groups = "group",
                                     .transposed = true};

enum class AutoPad { notset, valid, same_upper, same_lower };

template <class Options>
AutoPad auto_pad_of(const Terms& terms, const Options& o) {
    constexpr std::array words = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    const auto word = std::find(words.begin(), words.end(), o.auto_pad);
    require(word != words.end(), "{}: auto_pad must be one of {}; got {}", terms.operation, fmt::join(words, ", "),
            o.auto_pad);
    require(o.auto_pad == "NOTSET" || !o.pads, "{}: pads cannot be used together with auto_pad {}; got both",
            terms.operation, o.auto_pad);
    return static_cast<AutoPad>(word - words.begin());
}

template <class Options>
Understood understood(const Terms& terms, const Shape& X, const Shape& W, const Options& o) {
    const Understood call = understand(
        terms, {.input = X, .weight = W, .bias = o.B, .stride = o.strides, .dilation = o.dilations, .groups = o.group});
    if (o.kernel_shape) {
        require(*o.kernel_shape == Size2D{W[2], W[3]}, "{}: kernel_shape must be that of W; got {},{}, W {}",
                terms.operation, o.kernel_shape->height, o.kernel_shape->width, W);
    }
    if (o.pads) {
        const auto [h_begin, w_begin, h_end, w_end] = *o.pads;
        require(std::min({h_begin, w_begin, h_end, w_end}) >= 0, "{}: pads must not be negative; got {},{},{},{}",
                terms.operation, h_begin, w_begin, h_end, w_end);
    }
    return call;
}

// A total, which may be negative, in two halves: the smaller one and the larger.
struct Halves {
    explicit Halves(Index total) : smaller(total >> 1), larger(total - smaller) {}  // >> rounds down
    Index smaller;
    Index larger;
};

// The pads with which a size comes about that is `total` smaller than without any.
Sides split(const Size2D& total, AutoPad auto_pad) {
    const Halves height(total.height), width(total.width);
    if (auto_pad == AutoPad::same_upper) return {height.smaller, width.smaller, height.larger, width.larger};
    return {height.larger, width.larger, height.smaller, width.smaller};
}

}  // namespace

Conv2DForm conv_form(const Shape& X, const Shape& W, const ConvOptions& o) {
    const Understood call = understood(conv_terms, X, W, o);
    const AutoPad auto_pad = auto_pad_of(conv_terms, o);
    const bool same = auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower;
    const auto form = [&](const Padding& padding) {
        return Conv2DForm::of(conv_terms.operation, call.image, call.filters,
                              {.stride = o.strides, .padding = padding, .dilation = o.dilations, .groups = o.group});
    };
    if (!same) return form(o.pads.value_or(Sides{}));
    const Conv2DForm upper = form(Padding::same());
    if (auto_pad == AutoPad::same_upper) return upper;
    return form(Sides{upper.height.after, upper.width.after, upper.height.before, upper.width.before});
}

Conv2DForm conv_transpose_form(const Shape& X, const Shape& W, const ConvTransposeOptions& o) {
    const Terms& terms = conv_transpose_terms;
    const Understood call = understood(terms, X, W, o);
    const AutoPad auto_pad = auto_pad_of(terms, o);
    require_at_least(terms, "output_padding", 0, o.output_padding);
    const auto form = [&](const Sides& pads, std::optional<Size2D> output_padding) {
        return transposed_form(call.image, call.filters,
                               {.stride = o.strides,
                                .padding = pads,
                                .dilation = o.dilations,
                                .groups = o.group,
                                .output_size = {},
                                .output_padding = output_padding},
                               terms.operation);
    };
    const bool same = auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower;
    if (!o.output_shape && !same) return form(o.pads.value_or(Sides{}), o.output_padding);

    const Size2D wanted =
        o.output_shape.value_or(Size2D{o.strides.height * call.image[1], o.strides.width * call.image[2]});
    require_at_least(terms, "output_shape", 1, wanted);
    const Conv2DForm unpadded = form(Sides{}, o.output_padding);
    return form(split({unpadded.height.image - wanted.height, unpadded.width.image - wanted.width}, auto_pad),
                o.output_padding);
}

Variable conv(const Variable& X, const Variable& W, const ConvOptions& o) {
    const Conv2DForm form = conv_form(X.shape(), W.shape(), o);
    return nhwc_to_nchw(adjoint::conv2d(nchw_to_nhwc(X), oihw_to_hwio(W), form, {.bias = o.B}));
}

Variable conv_transpose(const Variable& X, const Variable& W, const ConvTransposeOptions& o) {
    const Conv2DForm form = conv_transpose_form(X.shape(), W.shape(), o);
    return nhwc_to_nchw(conv2d_input_gradient(nchw_to_nhwc(X), oihw_to_hwio(W), form, {.bias = o.B}));
}

}  // namespace adjoint::onnx
