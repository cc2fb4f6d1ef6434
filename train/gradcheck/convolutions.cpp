// Rows of the convolution family, whose settings are those of the commands conv2d and conv2d-transpose, in adjoint's
// words and in those of PyTorch, Keras and ONNX.
#include <fmt/ranges.h>

#include "layers/convolution.h"
#include "train/convolution/conventions.h"
#include "train/gradcheck/rows.h"

namespace adjoint {
namespace {

const Random random(2024);

// ---- operations

Conv2DForm form_of(const Settings& s) {
    const Shape image = s.shape();
    const Size2D kernel = s.pair("--kernel");
    const auto options = s.options<Conv2DOptions>();
    require(image.size() == 4, "conv2d: input must be [N, H, W, C]; got {}", image);
    require(image[3] % options.groups == 0, "conv2d: {} channels do not divide into {} groups; got input {}", image[3],
            options.groups, image);
    const Shape weight = {kernel.height, kernel.width, image[3] / options.groups, s.whole("--out-channels")};
    return Conv2DForm::of("conv2d", image, weight, options);
}

using OfForm = Variable (*)(const Variable&, const Variable&, const Conv2DForm&, const Epilogue<>&);

// A function of those of a form's tensors that `letters` names; b is a bias for the result, which is then rectified
// too.
GradientRow of_form(const std::string& name, const std::string& letters, OfForm f) {
    const bool finished = letters.ends_with('b');
    const std::string settings =
        "--shape 2,5,6,4 --kernel 3|3,2 --groups 1|2 --out-channels 2|6 --stride 1|2,1 --padding valid|1,0,2,-1 "
        "--dilation 1|1,2";
    const auto make = [=](const Settings& s) {
        const Conv2DForm form = form_of(s);
        const Activation activation = finished ? leaky_relu(s.number("--slope")) : Activation{};
        Operation made;
        made.f = [=](const Inputs& in) {
            return f(in[0], in[1], form, finished ? Epilogue<>{.bias = in[2], .activation = activation} : Epilogue<>{});
        };
        for (const char letter : letters) {
            made.inputs.push_back(letter == 'x'   ? normal(form.image_shape())
                                  : letter == 'w' ? normal(form.weight_shape(), 1)
                                  : letter == 'y' ? normal(form.output_shape(), 2)
                                                  : normal({letters == "xwb" ? form.filters : form.channels}, 3));
            made.names.emplace_back(1, letter);
        }
        return made;
    };
    return finished ? operation(name, settings + " --slope 1|0.2", make) : multilinear(operation(name, settings, make));
}

// Of a transposed convolution or its layer.
template <class Options>
Options transposed_options(const Settings& s) {
    const auto options = s.options<Options>();
    require(s.shape().size() == 4, "conv2d_transpose: input must be [N, H, W, C]; got {}", s.shape());
    require(s.whole("--out-channels") % options.groups == 0,
            "conv2d_transpose: {} channels do not divide into {} groups; got input {}", s.whole("--out-channels"),
            options.groups, s.shape());
    return options;
}

Operation transpose_of(const Settings& s) {
    const auto options = transposed_options<Conv2DTransposeOptions>(s);
    const Shape y = s.shape();
    const Size2D kernel = s.pair("--kernel");
    const Shape w = {kernel.height, kernel.width, s.whole("--out-channels") / options.groups, y.back()};
    return {[=](const Inputs& in) { return conv2d_transpose(in[0], in[1], options); },
            {normal(y, 2), normal(w, 1)},
            {"y", "w"}};
}

// ---- layers

template <class Layer, class Options>
Layer layer_of(Options options, const Settings& s) {
    options.in_channels = s.shape().back();
    options.out_channels = s.whole("--out-channels");
    options.bias = !s.is_set("--no-bias");
    options.activation = leaky_relu(s.number("--slope"));
    return Layer(options, random);
}

Conv2D conv2d_layer(const Settings& s) { return layer_of<Conv2D>(s.options<Conv2DLayerOptions>(), s); }

Conv2DTranspose conv2d_transpose_layer(const Settings& s) {
    return layer_of<Conv2DTranspose>(transposed_options<Conv2DTransposeLayerOptions>(s), s);
}

// ---- conventions

// The operation of a function of framework/conventions, whose inputs are an image, a weight and a bias.
Operation convention_of(const std::string& function, bool transposed, const Settings& s) {
    const Convention convention = make_convention(function, [s](const std::string& flag, const std::string&) {
        return s.find(flag == "--auto-pad" ? "--padding" : flag);
    });
    const Shape x = s.shape();
    require(x.size() == 4, "gradcheck: images must have four axes; got {}", x);
    const bool last = convention.layout == Layout::channels_last, depthwise = !s.has("--groups");
    const Index in = x[last ? 3 : 1], out = s.whole("--out-channels"), groups = depthwise ? 1 : s.whole("--groups");
    require(in % groups == 0 && out % groups == 0,
            "gradcheck: {} and {} channels do not divide into {} groups; got input {}", in, out, groups, x);
    require(!depthwise || out % in == 0, "gradcheck: {} channels do not divide among {}; got input {}", out, in, x);
    const auto [k, l] = s.pair("--kernel");
    const Index outer = transposed ? in : out, inner = (transposed ? out : in) / groups;
    const Shape weight = depthwise ? Shape{k, l, in, out / in}
                         : last    ? Shape{k, l, inner, outer}
                                   : Shape{outer, inner, k, l};
    return {[convention](const Inputs& inputs) { return convention.apply(inputs[0], inputs[1], inputs[2]); },
            {normal(x), normal(weight, 1), normal({out}, 2)},
            {"input", depthwise ? "kernel" : "weight", "bias"}};
}

GradientRow of_convention(const std::string& function, const std::string& shape, const std::string& settings,
                          const DrawSetting& draw_padding) {
    const bool transposed = function.find("transpose") != function.npos;
    return with_draw("--padding", draw_padding,
                     multilinear(operation(function, "--shape " + shape + " --kernel 3|3,2 " + settings,
                                           [=](const Settings& s) { return convention_of(function, transposed, s); })));
}

}  // namespace

GradientRows convolution_rows() {
    const Sample image = normal({2, 5, 4, 3});
    const std::string of_layer =
        "--kernel 3|3,2 --groups 1 --out-channels 2 --stride 1|2,1 --padding valid|same --dilation 1 --no-bias no "
        "--slope 1";
    return {
        of_form("conv2d", "xw", conv2d),
        of_form("conv2d, finished", "xwb", conv2d),
        of_form("conv2d_input_gradient", "yw", conv2d_input_gradient),
        of_form("conv2d_input_gradient, finished", "ywb", conv2d_input_gradient),
        of_form("conv2d_weight_gradient", "xy",
                [](const Variable& x, const Variable& y, const Conv2DForm& form, const Epilogue<>&) {
                    return conv2d_weight_gradient(x, y, form);
                }),
        multilinear(operation("conv2d_transpose",
                              "--shape 2,3,3,4 --kernel 3|3,4 --groups 1|2 --out-channels 2|6 --stride 1|2,3 "
                              "--padding valid|1 --dilation 1|1,2 --output-size --output-padding |1,0",
                              transpose_of)),
        multilinear(layer("Conv2D", image, of_layer, conv2d_layer)),
        multilinear(
            layer("Conv2DTranspose", image, of_layer + " --output-size --output-padding", conv2d_transpose_layer)),
    };
}

GradientRows convention_rows() {
    const Sample x = normal({2, 3, 4, 2});
    const DrawSetting zeros = draw_numbers({0, 2}, 2), rule = draw_one_of({"valid", "same"}),
                      pad = draw_one_of({"VALID", "SAME_UPPER", "SAME_LOWER"});
    const std::string depthwise = "--out-channels 6 --stride 1|2,1 --padding ", grouped = "--groups 1|2 " + depthwise,
                      pytorch = grouped + "0|1,0 --dilation 1", keras = grouped + "valid|same --dilation 1",
                      onnx = grouped + "VALID|SAME_LOWER --dilation 1";
    return {
        multilinear(operation("nchw_to_nhwc", {x}, "", nchw_to_nhwc)),
        multilinear(operation("nhwc_to_nchw", {x}, "", nhwc_to_nchw)),
        multilinear(operation("oihw_to_hwio", {x}, "", oihw_to_hwio)),
        multilinear(operation("hwio_to_oihw", {x}, "", hwio_to_oihw)),
        of_convention("pytorch::conv2d", "2,4,5,3", pytorch, zeros),
        with_draw("--output-padding", zeros,
                  of_convention("pytorch::conv_transpose2d", "2,4,5,3", pytorch + " --output-padding 0|1,0", zeros)),
        of_convention("keras::conv2d", "2,5,3,4", keras, rule),
        of_convention("keras::depthwise_conv2d", "2,5,3,3", depthwise + "valid|same --dilation 1", rule),
        of_convention("keras::conv2d_transpose", "2,5,3,4", keras, rule),
        of_convention("onnx::conv", "2,4,5,3", onnx, pad),
        of_convention("onnx::conv_transpose", "2,4,5,3", onnx + " --output-size |14,3", pad),
    };
}

}  // namespace adjoint
