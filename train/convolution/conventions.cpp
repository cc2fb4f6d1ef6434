#include "train/convolution/conventions.h"

#include <map>

#include "framework/conventions/keras.h"
#include "framework/conventions/onnx.h"
#include "framework/conventions/pytorch.h"

namespace adjoint {
namespace {

// adjoint's own two, written as the other systems' are, with the bias among the options.
struct Own : Conv2DOptions {
    std::optional<Variable> bias = {};
};
struct OwnTranspose : Conv2DTransposeOptions {
    std::optional<Variable> bias = {};
};

Conv2DForm own_form(const Shape& x, const Shape& w, const Own& o) { return Conv2DForm::of("conv2d", x, w, o); }
Conv2DForm own_transpose_form(const Shape& y, const Shape& w, const OwnTranspose& o) {
    return transposed_form(y, w, o);
}

Variable own(const Variable& x, const Variable& w, const Own& o) {
    return conv2d(x, w, own_form(x.shape(), w.shape(), o), {.bias = o.bias});
}
Variable own_transpose(const Variable& y, const Variable& w, const OwnTranspose& o) {
    return conv2d_input_gradient(y, w, own_transpose_form(y.shape(), w.shape(), o), {.bias = o.bias});
}

template <class Options>
Options options_of(Conv2DForm (*form)(const Shape&, const Shape&, const Options&));

// A system's function with the options that are found, into which the bias is put.
template <auto form, auto apply, Layout layout>
Convention make(const FindText& find) {
    const auto options = parse_options<decltype(options_of(form))>(find);
    return {.layout = layout,
            .form = [=](const Shape& x, const Shape& w) { return form(x, w, options); },
            .apply =
                [=](const Variable& x, const Variable& w, const std::optional<Variable>& bias) {
                    auto with_bias = options;
                    if constexpr (requires { with_bias.B; }) {
                        with_bias.B = bias;
                    } else {
                        with_bias.bias = bias;
                    }
                    return apply(x, w, with_bias);
                }};
}

}  // namespace

Convention make_convention(const std::string& function, const FindText& find) {
    using enum Layout;
    static const std::map<std::string, Convention (*)(const FindText&)> makers = {
        {"conv2d", make<own_form, own, channels_last>},
        {"conv2d_transpose", make<own_transpose_form, own_transpose, channels_last>},
        {"pytorch::conv2d", make<pytorch::conv2d_form, pytorch::conv2d, unbatched_too>},
        {"pytorch::conv_transpose2d", make<pytorch::conv_transpose2d_form, pytorch::conv_transpose2d, unbatched_too>},
        {"keras::conv2d", make<keras::conv2d_form, keras::conv2d, channels_last>},
        {"keras::depthwise_conv2d", make<keras::conv2d_form, keras::depthwise_conv2d, channels_last>},
        {"keras::conv2d_transpose", make<keras::conv2d_transpose_form, keras::conv2d_transpose, channels_last>},
        {"onnx::conv", make<onnx::conv_form, onnx::conv, channels_first>},
        {"onnx::conv_transpose", make<onnx::conv_transpose_form, onnx::conv_transpose, channels_first>}};
    return makers.at(function)(find);
}

}  // namespace adjoint
