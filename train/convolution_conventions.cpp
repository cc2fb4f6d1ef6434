#include "train/convolution_conventions.h"

#include <cctype>

#include "framework/conventions/keras.h"
#include "framework/conventions/onnx.h"
#include "framework/conventions/pytorch.h"
#include "train/convolution_options.h"

namespace adjoint {
namespace {

using Bias = std::optional<Variable>;

// A front end with the options that were typed, into which the bias is put.
template <class Options>
Convention spoken(Layout layout, const Options& options, Bias Options::*bias_of,
                  Conv2DForm (*form)(const Shape&, const Shape&, const Options&),
                  Variable (*apply)(const Variable&, const Variable&, const Options&)) {
    return {.layout = layout,
            .form = [=](const Shape& input, const Shape& weight) { return form(input, weight, options); },
            .apply =
                [=](const Variable& input, const Variable& weight, const Bias& bias) {
                    Options with_bias = options;
                    with_bias.*bias_of = bias;
                    return apply(input, weight, with_bias);
                }};
}

void refuse_onnx_options(const TypedConvolution& typed) {
    for (const auto& [option, text] : {std::pair("--auto-pad", typed.auto_pad), std::pair("--pads", typed.pads),
                                       std::pair("--kernel-shape", typed.kernel_shape)}) {
        require(text.empty(), "{}: is an option of --convention onnx alone; got --convention {}", option,
                typed.convention);
    }
}

bool is_word(const std::string& text) { return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])); }

std::optional<Shape> parse_output_shape(const std::string& text) {
    if (text.empty()) return std::nullopt;
    Shape shape = parse_integers("--output-size", text, "one, two or four whole numbers such as 28 or 8,28,28,1");
    if (shape.size() == 1) shape.push_back(shape[0]);
    return shape;
}

// ---- PyTorch

std::variant<Size2D, std::string> pytorch_padding(const TypedConvolution& typed) {
    if (!typed.padding) return Size2D{0, 0};
    if (is_word(*typed.padding)) return *typed.padding;
    return parse_pair("--padding", *typed.padding);
}

Convention pytorch_conv2d(const TypedConvolution& typed) {
    const pytorch::Conv2dOptions options{.stride = parse_pair("--stride", typed.stride),
                                         .padding = pytorch_padding(typed),
                                         .dilation = parse_pair("--dilation", typed.dilation),
                                         .groups = parse_groups(typed.groups)};
    return spoken(Layout::unbatched_too, options, &pytorch::Conv2dOptions::bias, pytorch::conv2d_form, pytorch::conv2d);
}

Convention pytorch_conv_transpose2d(const TypedConvolution& typed) {
    const pytorch::ConvTranspose2dOptions options{
        .stride = parse_pair("--stride", typed.stride),
        .padding = parse_pair("--padding", typed.padding.value_or("0")),
        .output_padding = parse_optional_pair("--output-padding", typed.output_padding).value_or(Size2D{0, 0}),
        .groups = parse_groups(typed.groups),
        .dilation = parse_pair("--dilation", typed.dilation),
        .output_size = parse_output_shape(typed.output_size)};
    return spoken(Layout::unbatched_too, options, &pytorch::ConvTranspose2dOptions::bias,
                  pytorch::conv_transpose2d_form, pytorch::conv_transpose2d);
}

// ---- Keras and TensorFlow

keras::Padding keras_padding(const TypedConvolution& typed) {
    const std::string text = typed.padding.value_or("valid");
    if (is_word(text)) return text;
    const char* const expected = "valid, same, or TensorFlow's explicit paddings 0,0,TOP,BOTTOM,LEFT,RIGHT,0,0";
    const std::vector<Index> n = parse_integers("--padding", text, expected);
    require(n.size() == 8 && n[0] == 0 && n[1] == 0 && n[6] == 0 && n[7] == 0, "--padding: expected {}; got {:?}",
            expected, text);
    return Sides{.top = n[2], .left = n[4], .bottom = n[3], .right = n[5]};
}

Convention keras_conv2d(const TypedConvolution& typed) {
    const keras::Conv2DOptions options{.strides = parse_pair("--strides", typed.stride),
                                       .padding = keras_padding(typed),
                                       .dilation_rate = parse_pair("--dilation-rate", typed.dilation),
                                       .groups = parse_groups(typed.groups)};
    return spoken(Layout::channels_last, options, &keras::Conv2DOptions::bias, keras::conv2d_form, keras::conv2d);
}

Convention keras_conv2d_transpose(const TypedConvolution& typed) {
    const keras::Conv2DTransposeOptions options{
        .strides = parse_pair("--strides", typed.stride),
        .padding = keras_padding(typed),
        .output_padding = parse_optional_pair("--output-padding", typed.output_padding),
        .output_shape = parse_output_shape(typed.output_size),
        .dilation_rate = parse_pair("--dilation-rate", typed.dilation),
        .groups = parse_groups(typed.groups)};
    return spoken(Layout::channels_last, options, &keras::Conv2DTransposeOptions::bias, keras::conv2d_transpose_form,
                  keras::conv2d_transpose);
}

// ---- ONNX

// What Conv and ConvTranspose have in common.
template <class Options>
Options onnx_options(const TypedConvolution& typed) {
    require(!typed.padding, "--padding: --convention onnx says --pads or --auto-pad; got {:?}",
            typed.padding.value_or(""));
    Options options;
    if (!typed.auto_pad.empty()) options.auto_pad = typed.auto_pad;
    if (!typed.pads.empty()) options.pads = parse_sides("--pads", typed.pads);
    options.kernel_shape = parse_optional_pair("--kernel-shape", typed.kernel_shape);
    options.strides = parse_pair("--strides", typed.stride);
    options.dilations = parse_pair("--dilations", typed.dilation);
    options.group = parse_groups(typed.groups);
    return options;
}

Convention onnx_conv(const TypedConvolution& typed) {
    const auto options = onnx_options<onnx::ConvOptions>(typed);
    return spoken(Layout::channels_first, options, &onnx::ConvOptions::B, onnx::conv_form, onnx::conv);
}

Convention onnx_conv_transpose(const TypedConvolution& typed) {
    auto options = onnx_options<onnx::ConvTransposeOptions>(typed);
    options.output_padding =
        parse_optional_pair("--output-padding", typed.output_padding).value_or(options.output_padding);
    options.output_shape = parse_optional_pair("--output-shape", typed.output_size);
    return spoken(Layout::channels_first, options, &onnx::ConvTransposeOptions::B, onnx::conv_transpose_form,
                  onnx::conv_transpose);
}

// ---- adjoint

Convention adjoint_conv2d(const TypedConvolution& typed) {
    const auto form = [options = convolution_options(typed)](const Shape& x, const Shape& w) {
        return Conv2DForm::of("conv2d", x, w, options);
    };
    return {.layout = Layout::channels_last,
            .form = form,
            .apply = [=](const Variable& x, const Variable& w, const Bias& bias) {
                return conv2d(x, w, form(x.shape(), w.shape()), {.bias = bias});
            }};
}

Convention adjoint_conv2d_transpose(const TypedConvolution& typed) {
    const Conv2DOptions common = convolution_options(typed);
    const Conv2DTransposeOptions options{
        .stride = common.stride,
        .padding = common.padding,
        .dilation = common.dilation,
        .groups = common.groups,
        .output_size = parse_optional_pair("--output-size", typed.output_size),
        .output_padding = parse_optional_pair("--output-padding", typed.output_padding)};
    const auto form = [=](const Shape& x, const Shape& w) { return transposed_form(x, w, options); };
    return {.layout = Layout::channels_last,
            .form = form,
            .apply = [=](const Variable& x, const Variable& w, const Bias& bias) {
                return conv2d_input_gradient(x, w, form(x.shape(), w.shape()), {.bias = bias});
            }};
}

}  // namespace

Conv2DOptions convolution_options(const TypedConvolution& typed) {
    return {.stride = parse_pair("--stride", typed.stride),
            .padding = parse_padding(typed.padding.value_or("valid")),
            .dilation = parse_pair("--dilation", typed.dilation),
            .groups = parse_groups(typed.groups)};
}

Convention conv2d_convention(const TypedConvolution& typed) {
    if (typed.convention == "onnx") return onnx_conv(typed);
    refuse_onnx_options(typed);
    if (typed.convention == "pytorch") return pytorch_conv2d(typed);
    if (typed.convention == "keras") return keras_conv2d(typed);
    return adjoint_conv2d(typed);
}

Convention conv2d_transpose_convention(const TypedConvolution& typed) {
    if (typed.convention == "onnx") return onnx_conv_transpose(typed);
    refuse_onnx_options(typed);
    if (typed.convention == "pytorch") return pytorch_conv_transpose2d(typed);
    if (typed.convention == "keras") return keras_conv2d_transpose(typed);
    return adjoint_conv2d_transpose(typed);
}

}  // namespace adjoint
