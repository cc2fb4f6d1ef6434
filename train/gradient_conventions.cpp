// The rows of convolutions in the words and layouts of PyTorch, Keras and ONNX.
#include "framework/conventions/keras.h"
#include "framework/conventions/layouts.h"
#include "framework/conventions/onnx.h"
#include "framework/conventions/pytorch.h"
#include "train/convolution_options.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

// ---- settings

DrawSetting one_of(std::vector<std::string> words) {
    return [words = std::move(words)](Dice& dice, const Settings&) {
        return words[static_cast<std::size_t>(dice.between(0, std::ssize(words) - 1))];
    };
}

std::string draw_same_zeros(Dice& dice, const Settings&) {
    return fmt::format("{},{}", dice.between(0, 2), dice.between(0, 2));
}

std::vector<Setting> settings_with(const std::string& input, const Setting& padding, std::vector<Setting> more = {}) {
    std::vector<Setting> settings = {{"--shape", input},      {"--kernel", "3", "3,2"}, {"--groups", "1", "2"},
                                     {"--out-channels", "6"}, {"--stride", "1", "2,1"}, padding,
                                     {"--dilation", "1"}};
    settings.insert(settings.end(), more.begin(), more.end());
    return settings;
}

const Setting zeros = {"--padding", "0", "1,0", draw_same_zeros};
const Setting keras_rule = {"--padding", "valid", "same", one_of({"valid", "same"})};
const Setting onnx_rule = {"--padding", "VALID", "SAME_LOWER", one_of({"VALID", "SAME_UPPER", "SAME_LOWER"})};

// ---- operands

struct Sizes {
    Index in, out, groups;
    Size2D kernel;
};

Sizes sizes_of(const Settings& s, std::size_t channel_axis) {
    const Shape input = s.shape();
    require(input.size() == 4, "gradcheck: images must have four axes; got {}", input);
    const Sizes sizes{input[channel_axis], s.whole("--out-channels"),
                      s.has("--groups") ? parse_groups(s.text("--groups")) : 1, s.pair("--kernel")};
    require(sizes.in % sizes.groups == 0 && sizes.out % sizes.groups == 0,
            "gradcheck: {} and {} channels do not divide into {} groups; got input {}", sizes.in, sizes.out,
            sizes.groups, input);
    return sizes;
}

// With the channels before the pixels: a convolution's weight and a transposed convolution's.
Shape oihw(const Sizes& n) { return {n.out, n.in / n.groups, n.kernel.height, n.kernel.width}; }
Shape iohw(const Sizes& n) { return {n.in, n.out / n.groups, n.kernel.height, n.kernel.width}; }
// The same with the channels last.
Shape hwio(const Sizes& n) { return {n.kernel.height, n.kernel.width, n.in / n.groups, n.out}; }
Shape hwoi(const Sizes& n) { return {n.kernel.height, n.kernel.width, n.out / n.groups, n.in}; }

using Convolve = std::function<Variable(const Inputs& in, const Settings& s)>;

// A row whose inputs are an image, a weight and a bias.
GradientRow convolution(const std::string& name, const std::vector<Setting>& settings, std::size_t channel_axis,
                        Shape (*weight)(const Sizes&), const Convolve& convolve) {
    return multilinear(operation(name, settings, [=](const Settings& s) {
        const Sizes sizes = sizes_of(s, channel_axis);
        return Operation{[=](const Inputs& in) { return convolve(in, s); },
                         {normal(s.shape()), normal(weight(sizes), 1), normal({sizes.out}, 2)},
                         {"input", "weight", "bias"}};
    }));
}

// ---- the rows of each system

void append_pytorch(std::vector<GradientRow>& rows) {
    const std::string nchw = "2,4,5,3";
    rows.push_back(
        convolution("pytorch::conv2d", settings_with(nchw, zeros), 1, oihw, [](const Inputs& in, const Settings& s) {
            return pytorch::conv2d(in[0], in[1],
                                   {.bias = in[2],
                                    .stride = s.pair("--stride"),
                                    .padding = s.pair("--padding"),
                                    .dilation = s.pair("--dilation"),
                                    .groups = s.whole("--groups")});
        }));
    rows.push_back(convolution("pytorch::conv_transpose2d",
                               settings_with(nchw, zeros, {{"--output-padding", "0", "1,0", draw_same_zeros}}), 1, iohw,
                               [](const Inputs& in, const Settings& s) {
                                   return pytorch::conv_transpose2d(in[0], in[1],
                                                                    {.bias = in[2],
                                                                     .stride = s.pair("--stride"),
                                                                     .padding = s.pair("--padding"),
                                                                     .output_padding = s.pair("--output-padding"),
                                                                     .groups = s.whole("--groups"),
                                                                     .dilation = s.pair("--dilation")});
                               }));
}

// The filters of each channel: as many as make --out-channels.
Operation depthwise_of(const Settings& s) {
    const Sizes n = sizes_of(s, 3);
    require(n.out % n.in == 0, "gradcheck: {} channels do not divide among {}; got input {}", n.out, n.in, s.shape());
    const keras::Conv2DOptions options{
        .strides = s.pair("--stride"), .padding = s.text("--padding"), .dilation_rate = s.pair("--dilation")};
    return {[options](const Inputs& in) {
                keras::Conv2DOptions with_bias = options;
                with_bias.bias = in[2];
                return keras::depthwise_conv2d(in[0], in[1], with_bias);
            },
            {normal(s.shape()), normal({n.kernel.height, n.kernel.width, n.in, n.out / n.in}, 1), normal({n.out}, 2)},
            {"input", "kernel", "bias"}};
}

void append_keras(std::vector<GradientRow>& rows) {
    const std::string nhwc = "2,5,3,4";
    rows.push_back(
        convolution("keras::conv2d", settings_with(nhwc, keras_rule), 3, hwio, [](const Inputs& in, const Settings& s) {
            return keras::conv2d(in[0], in[1],
                                 {.bias = in[2],
                                  .strides = s.pair("--stride"),
                                  .padding = s.text("--padding"),
                                  .dilation_rate = s.pair("--dilation"),
                                  .groups = s.whole("--groups")});
        }));
    std::vector<Setting> depthwise = settings_with("2,5,3,3", keras_rule);
    std::erase_if(depthwise, [](const Setting& setting) { return setting.flag == "--groups"; });
    rows.push_back(multilinear(operation("keras::depthwise_conv2d", depthwise, depthwise_of)));
    rows.push_back(convolution("keras::conv2d_transpose", settings_with(nhwc, keras_rule), 3, hwoi,
                               [](const Inputs& in, const Settings& s) {
                                   return keras::conv2d_transpose(in[0], in[1],
                                                                  {.bias = in[2],
                                                                   .strides = s.pair("--stride"),
                                                                   .padding = s.text("--padding"),
                                                                   .dilation_rate = s.pair("--dilation"),
                                                                   .groups = s.whole("--groups")});
                               }));
}

void append_onnx(std::vector<GradientRow>& rows) {
    const std::string nchw = "2,4,5,3";
    rows.push_back(
        convolution("onnx::conv", settings_with(nchw, onnx_rule), 1, oihw, [](const Inputs& in, const Settings& s) {
            return onnx::conv(in[0], in[1],
                              {.B = in[2],
                               .auto_pad = s.text("--padding"),
                               .dilations = s.pair("--dilation"),
                               .group = s.whole("--groups"),
                               .strides = s.pair("--stride")});
        }));
    rows.push_back(convolution("onnx::conv_transpose", settings_with(nchw, onnx_rule, {{"--output-size", "", "14,3"}}),
                               1, iohw, [](const Inputs& in, const Settings& s) {
                                   return onnx::conv_transpose(in[0], in[1],
                                                               {.B = in[2],
                                                                .auto_pad = s.text("--padding"),
                                                                .dilations = s.pair("--dilation"),
                                                                .group = s.whole("--groups"),
                                                                .output_shape = s.optional_pair("--output-size"),
                                                                .strides = s.pair("--stride")});
                               }));
}

}  // namespace

void append_conventions(std::vector<GradientRow>& rows) {
    const Sample x = normal({2, 3, 4, 2});
    rows.push_back(multilinear(unary("nchw_to_nhwc", nchw_to_nhwc, x)));
    rows.push_back(multilinear(unary("nhwc_to_nchw", nhwc_to_nchw, x)));
    rows.push_back(multilinear(unary("oihw_to_hwio", oihw_to_hwio, x)));
    rows.push_back(multilinear(unary("hwio_to_oihw", hwio_to_oihw, x)));
    append_pytorch(rows);
    append_keras(rows);
    append_onnx(rows);
}

}  // namespace adjoint
