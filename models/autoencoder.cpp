#include "models/autoencoder.h"

namespace adjoint {
namespace {

constexpr Size2D three = {3, 3}, two = {2, 2}, one = {1, 1};
constexpr double relu_slope = 0.0;

// Both are followed by relu.
Conv2D halve(Index in, Index out, const Random& random) {
    return Conv2D({.in_channels = in,
                   .out_channels = out,
                   .kernel = three,
                   .stride = two,
                   .padding = Padding::symmetric(one),
                   .slope = relu_slope},
                  random);
}

Conv2DTranspose twice(Index in, Index out, const Random& random) {
    return Conv2DTranspose({.in_channels = in,
                            .out_channels = out,
                            .kernel = three,
                            .stride = two,
                            .padding = Padding::symmetric(one),
                            .output_padding = one,
                            .slope = relu_slope},
                           random);
}

}  // namespace

Autoencoder::Autoencoder(const Random& random)
    : down1_(child("encoder.down1", halve(1, 32, random.stream(1)))),
      down2_(child("encoder.down2", halve(32, 64, random.stream(2)))),
      code_(child("encoder.code", Linear({.in = 7 * 7 * 64, .out = 16}, random.stream(3)))),
      expand_(child("decoder.expand", Linear({.in = 16, .out = 7 * 7 * 64}, random.stream(4)))),
      up1_(child("decoder.up1", twice(64, 64, random.stream(5)))),
      up2_(child("decoder.up2", twice(64, 32, random.stream(6)))),
      up3_(child(
          "decoder.up3",
          Conv2DTranspose({.in_channels = 32, .out_channels = 1, .kernel = three, .padding = Padding::symmetric(one)},
                          random.stream(7)))) {}

Variable Autoencoder::encode(const Variable& x) const {
    const Variable h = down2_(down1_(x));
    return code_(reshape(h, {x.extent(0), -1}));
}

Variable Autoencoder::decode(const Variable& z) const {
    const Variable h = reshape(relu(expand_(z)), {z.extent(0), 7, 7, 64});
    return up3_(up2_(up1_(h)));
}

std::vector<ConvolutionalStage> Autoencoder::stages() const {
    return {{.name = "encoder.down1", .convolution = &down1_}, {.name = "encoder.down2", .convolution = &down2_}};
}

}  // namespace adjoint
