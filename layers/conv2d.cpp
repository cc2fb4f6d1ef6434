#include "layers/conv2d.h"

namespace adjoint {
namespace {

Tensor initial_weight(const Conv2DLayerOptions& o, const Random& random) {
    require(o.groups >= 1 && o.in_channels % o.groups == 0 && o.out_channels % o.groups == 0,
            "Conv2D: channels must divide into the groups; got {} in, {} out, {} groups", o.in_channels, o.out_channels,
            o.groups);
    const double taps = static_cast<double>(o.kernel.height * o.kernel.width);
    const Index group_in = o.in_channels / o.groups, group_out = o.out_channels / o.groups;
    return o.initializer({o.kernel.height, o.kernel.width, group_in, o.out_channels},
                         {.in = taps * static_cast<double>(group_in), .out = taps * static_cast<double>(group_out)},
                         random);
}

}  // namespace

Conv2D::Conv2D(const Conv2DLayerOptions& o, const Random& random)
    : options{.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups},
      weight(parameter("weight", initial_weight(o, random))),
      activation_(o.activation) {
    if (o.bias) bias = parameter("bias", Tensor::zeros({o.out_channels}));
}

Variable Conv2D::forward(const Variable& x) const {
    return conv2d(x, weight, options, {.bias = bias, .activation = activation_});
}

}  // namespace adjoint
