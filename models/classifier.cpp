#include "models/classifier.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// Images of the same size.
Conv2D conv_block(Index in, Index out, const Random& random) {
    return Conv2D({.in_channels = in,
                   .out_channels = out,
                   .kernel = {5, 5},
                   .padding = Padding::symmetric({2, 2}),
                   .activation = relu(),
                   .initializer = initializers::he_normal()},
                  random);
}

}  // namespace

Classifier::Classifier(const Random& random)
    : conv1_(child("conv1", conv_block(1, 32, random.stream(1)))),
      conv2_(child("conv2", conv_block(32, 64, random.stream(2)))),
      gather_(child("gather", Linear({.in = 7 * 7 * 64, .out = 128, .activation = relu()}, random.stream(3)))),
      dropout_(child("dropout", Dropout(0.5, random.stream(4)))),
      decide_(child("decide", Linear({.in = 128, .out = 10}, random.stream(5)))) {}

Variable Classifier::features(const Variable& x) const {
    const Variable h = max_pool2d(conv2_(max_pool2d(conv1_(x)).value)).value;
    return gather_(reshape(h, {x.extent(0), -1}));
}

std::vector<ConvolutionalStage> Classifier::stages() const {
    return {{.name = "conv1", .convolution = &conv1_, .pooled = true},
            {.name = "conv2", .convolution = &conv2_, .pooled = true}};
}

}  // namespace adjoint
