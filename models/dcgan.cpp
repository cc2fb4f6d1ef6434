#include "models/dcgan.h"

#include "layers/activations.h"
#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"

namespace adjoint {
namespace {

// Kernel, stride and padding, the same for height and width.
struct Square {
    Index kernel;
    Index stride;
    Index padding;
};

Conv2DTranspose up(Index in, Index out, Square s, const Random& random) {
    return Conv2DTranspose({.in_channels = in,
                            .out_channels = out,
                            .kernel = {s.kernel, s.kernel},
                            .stride = {s.stride, s.stride},
                            .padding = Padding::symmetric({s.padding, s.padding}),
                            .bias = false,
                            .initializer = initializers::normal(0.02)},
                           random);
}

Conv2D down(Index in, Index out, Square s, const Random& random, double slope = 1.0) {
    return Conv2D({.in_channels = in,
                   .out_channels = out,
                   .kernel = {s.kernel, s.kernel},
                   .stride = {s.stride, s.stride},
                   .padding = Padding::symmetric({s.padding, s.padding}),
                   .bias = false,
                   .slope = slope,
                   .initializer = initializers::normal(0.02)},
                  random);
}

// A rectifier of this slope follows.
BatchNorm norm(Index channels, const Random& random, double slope) {
    return BatchNorm({.channels = channels, .slope = slope, .scale = initializers::normal(0.02, /*mean=*/1.0)}, random);
}

constexpr double relu_slope = 0.0;   // in the generator
constexpr double leaky_slope = 0.2;  // in the discriminator

}  // namespace

Sequential dcgan_generator(const Random& random) {
    Sequential net;
    net.append("up1", up(dcgan_noise, 256, {.kernel = 4, .stride = 1, .padding = 0}, random.stream(1)))
        .append("norm1", norm(256, random.stream(2), relu_slope))
        .append("up2", up(256, 128, {.kernel = 3, .stride = 2, .padding = 1}, random.stream(3)))
        .append("norm2", norm(128, random.stream(4), relu_slope))
        .append("up3", up(128, 64, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(5)))
        .append("norm3", norm(64, random.stream(6), relu_slope))
        .append("up4", up(64, 1, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(7)))
        .append("tanh", Tanh());
    return net;
}

Sequential dcgan_discriminator(const Random& random) {
    Sequential net;
    net.append("down1", down(1, 64, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(1), leaky_slope))
        .append("down2", down(64, 128, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(2)))
        .append("norm2", norm(128, random.stream(3), leaky_slope))
        .append("down3", down(128, 256, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(4)))
        .append("norm3", norm(256, random.stream(5), leaky_slope))
        .append("down4", down(256, 1, {.kernel = 3, .stride = 1, .padding = 0}, random.stream(6)));
    return net;
}

}  // namespace adjoint
