#include "train/convolution/conventions.h"

#include "framework/conventions/keras.h"
#include "framework/conventions/onnx.h"
#include "framework/conventions/pytorch.h"

namespace adjoint {
namespace {

// A system's function with the options that are found, into which the bias is put.
template <class Options>
Convention make(Layout layout, const FindText& find, Conv2DForm (*form)(const Shape&, const Shape&, const Options&),
                Variable (*apply)(const Variable&, const Variable&, const Options&)) {
    const auto options = parse_options<Options>(find);
    return {.layout = layout,
            .form = [=](const Shape& input, const Shape& weight) { return form(input, weight, options); },
            .apply =
                [=](const Variable& input, const Variable& weight, const std::optional<Variable>& bias) {
                    Options with_bias = options;
                    if constexpr (requires { with_bias.B; }) {
                        with_bias.B = bias;
                    } else {
                        with_bias.bias = bias;
                    }
                    return apply(input, weight, with_bias);
                }};
}

Convention adjoint_conv2d(const FindText& find) {
    const auto form = [o = parse_options<Conv2DOptions>(find)](const Shape& x, const Shape& w) {
        return Conv2DForm::of("conv2d", x, w, o);
    };
    return {.layout = Layout::channels_last,
            .form = form,
            .apply = [=](const Variable& x, const Variable& w, const std::optional<Variable>& bias) {
                return conv2d(x, w, form(x.shape(), w.shape()), {.bias = bias});
            }};
}

Convention adjoint_conv2d_transpose(const FindText& find) {
    const auto form = [o = parse_options<Conv2DTransposeOptions>(find)](const Shape& y, const Shape& w) {
        return transposed_form(y, w, o);
    };
    return {.layout = Layout::channels_last,
            .form = form,
            .apply = [=](const Variable& y, const Variable& w, const std::optional<Variable>& bias) {
                return conv2d_input_gradient(y, w, form(y.shape(), w.shape()), {.bias = bias});
            }};
}

}  // namespace

FindText ConvolutionArguments::find() const {
    return [options = options](const std::string& flag, const std::string& own_name) -> std::optional<TypedText> {
        const auto at = options.find(flag);
        if (at == options.end() || !at->second) return std::nullopt;
        return TypedText{own_name, *at->second};
    };
}

Convention make_convention(const std::string& function, const FindText& find) {
    using enum Layout;
    const std::map<std::string, std::function<Convention()>> makers = {
        {"conv2d", [&] { return adjoint_conv2d(find); }},
        {"conv2d_transpose", [&] { return adjoint_conv2d_transpose(find); }},
        {"pytorch::conv2d", [&] { return make(unbatched_too, find, pytorch::conv2d_form, pytorch::conv2d); }},
        {"pytorch::conv_transpose2d",
         [&] { return make(unbatched_too, find, pytorch::conv_transpose2d_form, pytorch::conv_transpose2d); }},
        {"keras::conv2d", [&] { return make(channels_last, find, keras::conv2d_form, keras::conv2d); }},
        {"keras::depthwise_conv2d",
         [&] { return make(channels_last, find, keras::conv2d_form, keras::depthwise_conv2d); }},
        {"keras::conv2d_transpose",
         [&] { return make(channels_last, find, keras::conv2d_transpose_form, keras::conv2d_transpose); }},
        {"onnx::conv", [&] { return make(channels_first, find, onnx::conv_form, onnx::conv); }},
        {"onnx::conv_transpose",
         [&] { return make(channels_first, find, onnx::conv_transpose_form, onnx::conv_transpose); }}};
    return makers.at(function)();
}

Convention make_convention(const ConvolutionArguments& arguments, bool transposed) {
    const std::string& convention = arguments.convention;
    const FindText find = arguments.find();
    for (const char* flag : {"--auto-pad", "--pads", "--kernel-shape"}) {
        require(convention == "onnx" || !find(flag, flag),
                "{}: is an option of --convention onnx alone; got --convention {}", flag, convention);
    }
    if (convention == "onnx") {
        const std::optional<TypedText> padding = find("--padding", "--padding");
        require(!padding, "--padding: --convention onnx says --pads or --auto-pad; got {:?}",
                padding ? padding->text : "");
        return make_convention(transposed ? "onnx::conv_transpose" : "onnx::conv", find);
    }
    if (convention == "pytorch")
        return make_convention(transposed ? "pytorch::conv_transpose2d" : "pytorch::conv2d", find);
    const std::string scope = convention == "adjoint" ? "" : "keras::";
    return make_convention(scope + (transposed ? "conv2d_transpose" : "conv2d"), find);
}

}  // namespace adjoint
