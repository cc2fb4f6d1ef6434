// The rows of the convolution family, whose settings are those of the commands conv2d and conv2d-transpose.
#include "framework/convolution.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "train/convolution_options.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Random random(2024);

// ---- settings

std::vector<Setting> convolution_settings(const std::string& image) {
    return {{"--shape", image},           {"--kernel", "3", "3,2"}, {"--groups", "1", "2"},
            {"--out-channels", "2", "6"}, {"--stride", "1", "2,1"}, {"--padding", "valid", "1,0,2,-1"},
            {"--dilation", "1", "1,2"}};
}

std::vector<Setting> transposed_settings(const std::string& image) {
    return {{"--shape", image},           {"--kernel", "3", "3,4"}, {"--groups", "1", "2"},
            {"--out-channels", "2", "6"}, {"--stride", "1", "2,3"}, {"--padding", "valid", "1"},
            {"--dilation", "1", "1,2"},   {"--output-size", ""},    {"--output-padding", "", "1,0"}};
}

std::vector<Setting> with_slope(std::vector<Setting> settings) {
    settings.push_back({"--slope", "1", "0.2"});
    return settings;
}

Conv2DForm form_of(const Settings& s) {
    const Shape image = s.shape();
    const Size2D kernel = s.pair("--kernel");
    const Index groups = parse_groups(s.text("--groups"));
    require(image.size() == 4, "conv2d: input must be [N, H, W, C]; got {}", image);
    require(image[3] % groups == 0, "conv2d: {} channels do not divide into {} groups; got input {}", image[3], groups,
            image);
    return Conv2DForm::of("conv2d", image, {kernel.height, kernel.width, image[3] / groups, s.whole("--out-channels")},
                          {.stride = s.pair("--stride"),
                           .padding = parse_padding(s.text("--padding")),
                           .dilation = s.pair("--dilation"),
                           .groups = groups});
}

Conv2DTransposeOptions transposed_options(const Settings& s) {
    const Index groups = parse_groups(s.text("--groups"));
    require(s.shape().size() == 4, "conv2d_transpose: input must be [N, H, W, C]; got {}", s.shape());
    require(s.whole("--out-channels") % groups == 0,
            "conv2d_transpose: {} channels do not divide into {} groups; got input {}", s.whole("--out-channels"),
            groups, s.shape());
    return {.stride = s.pair("--stride"),
            .padding = parse_padding(s.text("--padding")),
            .dilation = s.pair("--dilation"),
            .groups = groups,
            .output_size = s.optional_pair("--output-size"),
            .output_padding = s.optional_pair("--output-padding")};
}

// ---- layers

std::vector<Setting> conv2d_layer_settings() {
    return {{"--kernel", "3", "3,2"},       {"--groups", "1"},   {"--out-channels", "2"}, {"--stride", "1", "2,1"},
            {"--padding", "valid", "same"}, {"--dilation", "1"}, {"--no-bias", "no"},     {"--slope", "1"}};
}

Conv2D conv2d_layer(const Settings& s) {
    return Conv2D({.in_channels = s.shape().back(),
                   .out_channels = s.whole("--out-channels"),
                   .kernel = s.pair("--kernel"),
                   .stride = s.pair("--stride"),
                   .padding = parse_padding(s.text("--padding")),
                   .dilation = s.pair("--dilation"),
                   .groups = parse_groups(s.text("--groups")),
                   .bias = !s.is_set("--no-bias"),
                   .activation = leaky_relu(s.number("--slope"))},
                  random);
}

std::vector<Setting> conv2d_transpose_layer_settings() {
    std::vector<Setting> settings = conv2d_layer_settings();
    settings.push_back({"--output-size", ""});
    settings.push_back({"--output-padding", ""});
    return settings;
}

Conv2DTranspose conv2d_transpose_layer(const Settings& s) {
    const Conv2DTransposeOptions options = transposed_options(s);
    return Conv2DTranspose({.in_channels = s.shape().back(),
                            .out_channels = s.whole("--out-channels"),
                            .kernel = s.pair("--kernel"),
                            .stride = options.stride,
                            .padding = options.padding,
                            .dilation = options.dilation,
                            .groups = options.groups,
                            .output_size = options.output_size,
                            .output_padding = options.output_padding,
                            .bias = !s.is_set("--no-bias"),
                            .activation = leaky_relu(s.number("--slope"))},
                           random);
}

}  // namespace

void append_convolutions(std::vector<GradientRow>& rows) {
    const std::vector<Setting> form = convolution_settings("2,5,6,4");
    rows.push_back(multilinear(operation("conv2d", form, [](const Settings& s) {
        const Conv2DForm f = form_of(s);
        return Operation{[f](const Inputs& in) { return conv2d(in[0], in[1], f); },
                         {normal(f.image_shape()), normal(f.weight_shape(), 1)},
                         {"x", "w"}};
    })));
    rows.push_back(operation("conv2d, finished", with_slope(form), [](const Settings& s) {
        const Conv2DForm f = form_of(s);
        const Activation activation = leaky_relu(s.number("--slope"));
        return Operation{
            [=](const Inputs& in) { return conv2d(in[0], in[1], f, {.bias = in[2], .activation = activation}); },
            {normal(f.image_shape()), normal(f.weight_shape(), 1), normal({f.filters}, 3)},
            {"x", "w", "b"}};
    }));
    rows.push_back(multilinear(operation("conv2d_input_gradient", form, [](const Settings& s) {
        const Conv2DForm f = form_of(s);
        return Operation{[f](const Inputs& in) { return conv2d_input_gradient(in[0], in[1], f); },
                         {normal(f.output_shape(), 2), normal(f.weight_shape(), 1)},
                         {"y", "w"}};
    })));
    rows.push_back(operation("conv2d_input_gradient, finished", with_slope(form), [](const Settings& s) {
        const Conv2DForm f = form_of(s);
        const Activation activation = leaky_relu(s.number("--slope"));
        return Operation{[=](const Inputs& in) {
                             return conv2d_input_gradient(in[0], in[1], f, {.bias = in[2], .activation = activation});
                         },
                         {normal(f.output_shape(), 2), normal(f.weight_shape(), 1), normal({f.channels}, 3)},
                         {"y", "w", "b"}};
    }));
    rows.push_back(multilinear(operation("conv2d_weight_gradient", form, [](const Settings& s) {
        const Conv2DForm f = form_of(s);
        return Operation{[f](const Inputs& in) { return conv2d_weight_gradient(in[0], in[1], f); },
                         {normal(f.image_shape()), normal(f.output_shape(), 2)},
                         {"x", "y"}};
    })));
    rows.push_back(multilinear(operation("conv2d_transpose", transposed_settings("2,3,3,4"), [](const Settings& s) {
        const Conv2DTransposeOptions options = transposed_options(s);
        const Shape y = s.shape();
        const Size2D kernel = s.pair("--kernel");
        const Shape w{kernel.height, kernel.width, s.whole("--out-channels") / options.groups, y.back()};
        return Operation{[=](const Inputs& in) { return conv2d_transpose(in[0], in[1], options); },
                         {normal(y, 2), normal(w, 1)},
                         {"y", "w"}};
    })));
    const Sample image = normal({2, 5, 4, 3});
    rows.push_back(multilinear(layer("Conv2D", conv2d_layer_settings(), conv2d_layer, image)));
    rows.push_back(
        multilinear(layer("Conv2DTranspose", conv2d_transpose_layer_settings(), conv2d_transpose_layer, image)));
}

}  // namespace adjoint
