#include "layers/convolution.h"

namespace adjoint {
namespace {

template <class Options>
Tensor initial_weight(const char* layer, const Options& o, const Random& random) {
    const auto count = [](Index number) { return static_cast<double>(number); };
    require_at_least(layer, 1, {{"in_channels", count(o.in_channels)}, {"out_channels", count(o.out_channels)}});
    require(o.groups >= 1 && o.in_channels % o.groups == 0 && o.out_channels % o.groups == 0,
            "{}: channels must divide into the groups; got {} in, {} out, {} groups", layer, o.in_channels,
            o.out_channels, o.groups);
    const auto require_pair = [&](const char* name, const Size2D& pair) {
        require(pair.height >= 1 && pair.width >= 1, "{}: {} must be at least 1; got {},{}", layer, name, pair.height,
                pair.width);
    };
    require_pair("kernel", o.kernel);
    require_pair("stride", o.stride);
    require_pair("dilation", o.dilation);
    constexpr bool transposed = std::same_as<Options, Conv2DTransposeLayerOptions>;
    const auto [K, L] = o.kernel;
    const Index group_in = o.in_channels / o.groups, group_out = o.out_channels / o.groups;
    const Shape shape = {K, L, transposed ? group_out : group_in, transposed ? o.in_channels : o.out_channels};
    const double taps = count(K * L);
    // Transposed, a stride of s spreads the taps of one filter over s pixels in each direction: each pixel sums so many
    // fewer.
    const double taps_a_pixel = transposed ? taps / count(o.stride.height * o.stride.width) : taps;
    const Fans fans{.in = taps_a_pixel * count(group_in), .out = taps * count(group_out), .groups = o.groups};
    return o.initializer(shape, fans, random);
}

}  // namespace

Conv2D::Conv2D(const Conv2DLayerOptions& o, const Random& random)
    : options{.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups},
      weight(parameter("weight", initial_weight("Conv2D", o, random))),
      activation_(o.activation) {
    if (o.bias) bias = parameter("bias", Tensor::zeros({o.out_channels}));
}

Variable Conv2D::forward(const Variable& x) const {
    return conv2d(x, weight, options, {.bias = bias, .activation = activation_});
}

Conv2DTranspose::Conv2DTranspose(const Conv2DTransposeLayerOptions& o, const Random& random)
    : options{.stride = o.stride,
              .padding = o.padding,
              .dilation = o.dilation,
              .groups = o.groups,
              .output_size = o.output_size,
              .output_padding = o.output_padding},
      weight(parameter("weight", initial_weight("Conv2DTranspose", o, random))),
      activation_(o.activation) {
    if (o.bias) bias = parameter("bias", Tensor::zeros({o.out_channels}));
}

Conv2DTranspose::Conv2DTranspose(const Conv2D& encoder, std::optional<Size2D> output_size, bool with_bias,
                                 Activation activation)
    : options{.stride = encoder.options.stride,
              .padding = encoder.options.padding,
              .dilation = encoder.options.dilation,
              .groups = encoder.options.groups,
              .output_size = output_size},
      weight(encoder.weight),
      activation_(std::move(activation)) {
    if (with_bias) bias = parameter("bias", Tensor::zeros({weight.shape()[2] * options.groups}));
}

Variable Conv2DTranspose::forward(const Variable& x) const {
    return conv2d_transpose(x, weight, options, {.bias = bias, .activation = activation_});
}

}  // namespace adjoint
