#include "models/dcgan.h"

#include <fmt/ranges.h>

#include "framework/ops/reduction.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "layers/convolution.h"
#include "layers/lambda.h"
#include "layers/normalization.h"

namespace adjoint {
namespace {

// Kernel, stride and padding, the same for height and width.
struct Square {
    Index kernel;
    Index stride;
    Index padding;
};

std::unique_ptr<Module> up(Index in, Index out, Square s, const UpsamplingOptions& upsampling, const Random& random) {
    return upsampling_layer({.in_channels = in,
                             .out_channels = out,
                             .kernel = {s.kernel, s.kernel},
                             .stride = {s.stride, s.stride},
                             .padding = Padding::symmetric({s.padding, s.padding}),
                             .bias = false,
                             .initializer = initializers::normal(0.02)},
                            upsampling, random);
}

Conv2DLayerOptions down(Index in, Index out, Square s, Activation activation = {}) {
    return {.in_channels = in,
            .out_channels = out,
            .kernel = {s.kernel, s.kernel},
            .stride = {s.stride, s.stride},
            .padding = Padding::symmetric({s.padding, s.padding}),
            .bias = false,
            .activation = activation,
            .initializer = initializers::normal(0.02)};
}

BatchNorm norm(Index channels, const Random& random, Activation activation) {
    return BatchNorm(
        {.channels = channels, .activation = activation, .scale = initializers::normal(0.02, /*mean=*/1.0)}, random);
}

// How often an image of 4×4 is doubled to come to this size.
int doublings(Index size) {
    int count = 0;
    for (Index side = 4; side < size; side *= 2) ++count;
    return count;
}

constexpr Square half_or_twice = {.kernel = 4, .stride = 2, .padding = 1};

// A filter over all that halving leaves of an image of this size: 3×3 of 28 pixels, else 4×4.
Square over_all(Index size) { return {.kernel = size == 28 ? 3 : 4, .stride = 1, .padding = 0}; }

}  // namespace

Variable with_classes(const Variable& x, const Tensor& classes, Index count) {
    if (count == 0) return x;
    require(x.rank() == 4 && classes.shape() == Shape{x.extent(0)},
            "with_classes: there must be images [N, H, W, C] and N classes; got {} and {}", x.shape(), classes.shape());
    const Index N = x.extent(0), H = x.extent(1), W = x.extent(2);
    const Variable channels = one_hot(classes, count, x.dtype()).reshaped({N, 1, 1, count});
    return concatenate({x, broadcast_to(channels, {N, H, W, count})}, 3);
}

Sequential dcgan_generator(const Random& random, const ImageModelOptions& options) {
    check_options("dcgan_generator", options);
    Sequential net;
    std::uint64_t layer = 0;
    const auto weights = [&] { return random.stream(++layer); };
    const int last = doublings(options.image_size) + 1;
    Index in = options.latent + options.told_classes, out = options.width << (last - 2);
    for (int level = 1; level < last; ++level, in = out, out /= 2) {
        Square square = level == 1 ? Square{.kernel = 4, .stride = 1, .padding = 0} : half_or_twice;
        if (level == 2 && options.image_size == 28) square.kernel = 3;  // from 4 to 7
        // From a single pixel every way but the transposed one leads to a single colour.
        const UpsamplingOptions upsampling = level == 1 ? UpsamplingOptions{} : options.upsampling;
        net.append(fmt::format("up{}", level), up(in, out, square, upsampling, weights()));
        net.append(fmt::format("norm{}", level), norm(out, weights(), relu()));
    }
    net.append(fmt::format("up{}", last), up(in, options.channels, half_or_twice, options.upsampling, weights()))
        .append("tanh", Tanh());
    return net;
}

Sequential dcgan_discriminator(const Random& random, const ImageModelOptions& options) {
    check_options("dcgan_discriminator", options);
    Sequential net;
    std::uint64_t layer = 0;
    const auto weights = [&] { return random.stream(++layer); };
    const int last = doublings(options.image_size) + 1;
    net.append("down1",
               Conv2D(down(options.channels + options.told_classes, options.width, half_or_twice, leaky_relu(0.2)),
                      weights()));
    Index in = options.width;
    for (int level = 2; level < last; ++level, in *= 2) {
        net.append(fmt::format("down{}", level), Conv2D(down(in, 2 * in, half_or_twice), weights()));
        net.append(fmt::format("norm{}", level), norm(2 * in, weights(), leaky_relu(0.2)));
    }
    net.append(fmt::format("down{}", last), Conv2D(down(in, 1, over_all(options.image_size)), weights()));
    return net;
}

Sequential wgan_critic(const Random& random, const ImageModelOptions& options) {
    check_options("wgan_critic", options);
    Sequential net;
    std::uint64_t number = 0;
    const auto layer = [&](Conv2DLayerOptions filters) {
        filters.bias = true;
        filters.initializer = initializers::he_normal();
        return Conv2D(filters, random.stream(++number));
    };
    const int levels = doublings(options.image_size);
    Index in = options.channels + options.told_classes, out = options.width;
    for (int level = 1; level <= levels; ++level, in = out, out *= 2) {
        net.append(fmt::format("down{}", level), layer(down(in, out, half_or_twice, leaky_relu(0.2))));
    }
    net.append("score", layer(down(in, 1, over_all(options.image_size))));
    return net;
}

}  // namespace adjoint
