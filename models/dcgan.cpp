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

Conv2D down(Index in, Index out, Square s, const Random& random) {
    return Conv2D({.in_channels = in,
                   .out_channels = out,
                   .kernel = {s.kernel, s.kernel},
                   .stride = {s.stride, s.stride},
                   .padding = Padding::symmetric({s.padding, s.padding}),
                   .bias = false,
                   .initializer = initializers::normal(0.02)},
                  random);
}

BatchNorm norm(Index channels, const Random& random) {
    return BatchNorm({.channels = channels, .scale = initializers::normal(0.02, /*mean=*/1.0)}, random);
}

constexpr double slope = 0.2;  // of the discriminator's leaky rectifiers

}  // namespace

Sequential dcgan_generator(const Random& random) {
    return Sequential(
        up(dcgan_noise, 256, {.kernel = 4, .stride = 1, .padding = 0}, random.stream(1)), norm(256, random.stream(2)),
        ReLU(), up(256, 128, {.kernel = 3, .stride = 2, .padding = 1}, random.stream(3)), norm(128, random.stream(4)),
        ReLU(), up(128, 64, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(5)), norm(64, random.stream(6)),
        ReLU(), up(64, 1, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(7)), Tanh());
}

Sequential dcgan_discriminator(const Random& random) {
    return Sequential(down(1, 64, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(1)), LeakyReLU(slope),
                      down(64, 128, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(2)),
                      norm(128, random.stream(3)), LeakyReLU(slope),
                      down(128, 256, {.kernel = 4, .stride = 2, .padding = 1}, random.stream(4)),
                      norm(256, random.stream(5)), LeakyReLU(slope),
                      down(256, 1, {.kernel = 3, .stride = 1, .padding = 0}, random.stream(6)));
}

}  // namespace adjoint
