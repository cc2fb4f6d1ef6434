#include "models/wgan_gp.h"

#include "layers/convolution.h"

namespace adjoint {
namespace {

// Half as high and wide.
Conv2D halve(Index in, Index out, const Random& random) {
    return Conv2D({.in_channels = in,
                   .out_channels = out,
                   .kernel = {4, 4},
                   .stride = {2, 2},
                   .padding = Padding::symmetric({1, 1}),
                   .activation = leaky_relu(0.2),
                   .initializer = initializers::he_normal()},
                  random);
}

}  // namespace

Sequential wgan_critic(const Random& random) {
    Sequential net;
    net.append("down1", halve(1, 64, random.stream(1)))
        .append("down2", halve(64, 128, random.stream(2)))
        .append("down3", halve(128, 256, random.stream(3)))
        .append(
            "score",
            Conv2D({.in_channels = 256, .out_channels = 1, .kernel = {3, 3}, .initializer = initializers::he_normal()},
                   random.stream(4)));
    return net;
}

}  // namespace adjoint
