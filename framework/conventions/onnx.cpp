#include "framework/conventions/onnx.h"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>

#include "framework/conventions/terms.h"
#include "framework/tensor/error.h"

namespace adjoint::onnx {
namespace {

constexpr Terms conv_terms{.operation = "onnx::conv",
                           .layout = Layout::channels_first,
                           .input = {"X", "[N, C, H, W]"},
                           .weight = {"W", "[M, C / group, kH, kW]"},
                           .bias = "B",
                           .stride = "strides",
                           .dilation = "dilations",
                           .groups = "group"};
constexpr Terms conv_transpose_terms = conv_terms.transpose("onnx::conv_transpose", "[C, M / group, kH, kW]");

// Under the pads that are given, or none.
NormalizedCall normalized(const Terms& terms, const Shape& X, const Shape& W, const auto& o) {
    NormalizedCall call =
        normalize(terms, X, W, o.B, {.stride = o.strides, .dilation = o.dilations, .groups = o.group});
    if (o.kernel_shape) {
        require(*o.kernel_shape == Size2D{W[2], W[3]}, "{}: kernel_shape must be that of W; got {},{}, W {}",
                terms.operation, o.kernel_shape->height, o.kernel_shape->width, W);
    }
    const auto [h_begin, w_begin, h_end, w_end] = o.pads.value_or(Sides{});
    require(std::min({h_begin, w_begin, h_end, w_end}) >= 0, "{}: pads must not be negative; got {},{},{},{}",
            terms.operation, h_begin, w_begin, h_end, w_end);
    constexpr std::array words = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    require(std::find(words.begin(), words.end(), o.auto_pad) != words.end(), "{}: auto_pad must be one of {}; got {}",
            terms.operation, fmt::join(words, ", "), o.auto_pad);
    require(o.auto_pad == "NOTSET" || !o.pads, "{}: pads cannot be used together with auto_pad {}; got both",
            terms.operation, o.auto_pad);
    call.options.padding = o.pads.value_or(Sides{});
    return call;
}

bool is_same(const std::string& auto_pad) { return auto_pad.starts_with("SAME_"); }

// The pads of a total, which may be negative: SAME_UPPER puts ⌊total / 2⌋ at the beginning, everything else at the end.
Sides split(const Size2D& total, const std::string& auto_pad) {
    const Size2D half{total.height >> 1, total.width >> 1};  // >> rounds down
    const Size2D rest{total.height - half.height, total.width - half.width};
    if (auto_pad == "SAME_UPPER") return {half.height, half.width, rest.height, rest.width};
    return {rest.height, rest.width, half.height, half.width};
}

Sides pads_of(const char* operation, const Conv2DForm& form) {
    const Sides pads = form.pads();
    require(std::min({pads.top, pads.left, pads.bottom, pads.right}) >= 0,
            "onnx: {} must not crop its input; got pads {},{},{},{}", operation, pads.top, pads.left, pads.bottom,
            pads.right);
    return pads;
}

}  // namespace

ConvOptions conv_options(const Conv2DForm& form) {
    return {.dilations = {form.height.dilation, form.width.dilation},
            .group = form.groups,
            .kernel_shape = Size2D{form.height.kernel, form.width.kernel},
            .pads = pads_of("Conv", form),
            .strides = {form.height.stride, form.width.stride}};
}

ConvTransposeOptions conv_transpose_options(const Conv2DForm& form) {
    return {.dilations = {form.height.dilation, form.width.dilation},
            .group = form.groups,
            .kernel_shape = Size2D{form.height.kernel, form.width.kernel},
            .output_padding = {form.height.beyond(), form.width.beyond()},
            .pads = pads_of("ConvTranspose", form),
            .strides = {form.height.stride, form.width.stride}};
}

Conv2DForm conv_form(const Shape& X, const Shape& W, const ConvOptions& o) {
    NormalizedCall call = normalized(conv_terms, X, W, o);
    if (!is_same(o.auto_pad)) return call.form();
    call.options.padding = Padding::same();
    const Conv2DForm upper = call.form();
    if (o.auto_pad == "SAME_UPPER") return upper;
    call.options.padding =
        Sides{upper.height.pad_after, upper.width.pad_after, upper.height.pad_before, upper.width.pad_before};
    return call.form();
}

Conv2DForm conv_transpose_form(const Shape& X, const Shape& W, const ConvTransposeOptions& o) {
    NormalizedCall call = normalized(conv_transpose_terms, X, W, o);
    require_at_least(conv_transpose_terms, "output_padding", 0, o.output_padding);
    call.options.output_padding = o.output_padding;
    if (!o.output_shape && !is_same(o.auto_pad)) return call.form();

    const Size2D wanted =
        o.output_shape.value_or(Size2D{o.strides.height * call.image[1], o.strides.width * call.image[2]});
    require_at_least(conv_transpose_terms, "output_shape", 1, wanted);
    call.options.padding = Sides{};
    const Conv2DForm unpadded = call.form();
    call.options.padding =
        split({unpadded.height.image - wanted.height, unpadded.width.image - wanted.width}, o.auto_pad);
    return call.form();
}

Variable conv(const Variable& X, const Variable& W, const ConvOptions& o) {
    return convolve(conv_terms, X, W, conv_form(X.shape(), W.shape(), o), o.B);
}

Variable conv_transpose(const Variable& X, const Variable& W, const ConvTransposeOptions& o) {
    return convolve(conv_transpose_terms, X, W, conv_transpose_form(X.shape(), W.shape(), o), o.B);
}

}  // namespace adjoint::onnx
