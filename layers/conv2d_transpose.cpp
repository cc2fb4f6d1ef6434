#include "layers/conv2d_transpose.h"

namespace adjoint {
namespace {

Tensor initial_weight(const Conv2DTransposeLayerOptions& o, const Random& random) {
    require(o.groups >= 1 && o.in_channels % o.groups == 0 && o.out_channels % o.groups == 0,
            "Conv2DTranspose: channels must divide into the groups; got {} in, {} out, {} groups", o.in_channels,
            o.out_channels, o.groups);
    const auto count = [](Index number) { return static_cast<double>(number); };
    const double taps = count(o.kernel.height * o.kernel.width);
    // A stride of s spreads the taps of one filter over s pixels in each direction: each pixel sums so many fewer.
    const double taps_a_pixel = taps / count(o.stride.height * o.stride.width);
    const Index group_in = o.in_channels / o.groups, group_out = o.out_channels / o.groups;
    return o.initializer({o.kernel.height, o.kernel.width, group_out, o.in_channels},
                         {.in = taps_a_pixel * count(group_in), .out = taps * count(group_out)}, random);
}

}  // namespace

Conv2DTranspose::Conv2DTranspose(const Conv2DTransposeLayerOptions& o, const Random& random)
    : options{.stride = o.stride,
              .padding = o.padding,
              .dilation = o.dilation,
              .groups = o.groups,
              .output_size = o.output_size,
              .output_padding = o.output_padding},
      weight(parameter("weight", initial_weight(o, random))),
      activation_(o.activation) {
    if (o.bias) bias = parameter("bias", Tensor::zeros({o.out_channels}));
}

Conv2DTranspose::Conv2DTranspose(const Conv2D& encoder, std::optional<Size2D> output_size, bool with_bias)
    : options{.stride = encoder.options.stride,
              .padding = encoder.options.padding,
              .dilation = encoder.options.dilation,
              .groups = encoder.options.groups,
              .output_size = output_size,
              .output_padding = {}},
      weight(encoder.weight) {
    if (with_bias) bias = parameter("bias", Tensor::zeros({weight.shape()[2] * options.groups}));
}

Variable Conv2DTranspose::forward(const Variable& x) const {
    return conv2d_transpose(x, weight, options, {.bias = bias, .activation = activation_});
}

}  // namespace adjoint
