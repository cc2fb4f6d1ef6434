#include "models/autoencoder.h"

#include <fmt/ranges.h>

#include "layers/losses/losses.h"

namespace adjoint {
namespace {

constexpr Size2D three = {3, 3}, two = {2, 2}, one = {1, 1};

Conv2D halve(Index in, Index out, const Random& random) {
    return Conv2D({.in_channels = in,
                   .out_channels = out,
                   .kernel = three,
                   .stride = two,
                   .padding = Padding::symmetric(one),
                   .activation = relu()},
                  random);
}

std::unique_ptr<Module> twice(Index in, Index out, const UpsamplingOptions& upsampling, const Random& random) {
    return upsampling_layer({.in_channels = in,
                             .out_channels = out,
                             .kernel = three,
                             .stride = two,
                             .padding = Padding::symmetric(one),
                             .output_padding = one,
                             .activation = relu()},
                            upsampling, random);
}

}  // namespace

Autoencoder::Autoencoder(const char* model, const Random& random, const ImageModelOptions& options, Index features) {
    check_options(model, options);
    std::uint64_t layer = 0;
    const auto weights = [&] { return random.stream(++layer); };
    Index side = options.image_size, in = options.channels, out = options.width;
    for (int level = 1; side > 8; ++level, side /= 2, in = out, out *= 2) {
        down_.push_back(&child(fmt::format("encoder.down{}", level), halve(in, out, weights())));
    }
    innermost_ = {side, side, in};
    const Index flat = side * side * in;
    code_ = &child("encoder.code", Linear({.in = flat, .out = features}, weights()));
    if (options.tied) {
        tie_decoder(options);
        return;
    }
    expand_ = &child("decoder.expand", Linear({.in = options.latent, .out = flat, .activation = relu()}, weights()));
    const std::size_t levels = down_.size();
    for (std::size_t level = 1; level <= levels; ++level, in = out) {
        out = level == 1 ? in : in / 2;
        up_.push_back(&child(fmt::format("decoder.up{}", level), twice(in, out, options.upsampling, weights())));
    }
    up_.push_back(&child(
        fmt::format("decoder.up{}", levels + 1),
        Conv2DTranspose(
            {.in_channels = in, .out_channels = options.channels, .kernel = three, .padding = Padding::symmetric(one)},
            weights())));
}

void Autoencoder::tie_decoder(const ImageModelOptions& options) {
    require(options.upsampling.kind == Upsampling::transposed && !options.upsampling.smooth_start,
            "Autoencoder: a tied decoder runs the encoder's filters backward, which is the transposed convolution with "
            "their own start; got another upsampling");
    expand_ = &child("decoder.expand", LinearTranspose(*code_, relu()));
    Index side = innermost_[0];
    for (auto down = down_.rbegin(); down != down_.rend(); ++down) {
        side *= 2;
        const Activation activation = side == options.image_size ? Activation{} : relu();
        up_.push_back(&child(fmt::format("decoder.up{}", up_.size() + 1),
                             Conv2DTranspose(**down, Size2D{side, side}, /*with_bias=*/true, activation)));
    }
}

Variable Autoencoder::features(const Variable& x) const {
    Variable h = x;
    for (const Conv2D* const down : down_) h = (*down)(h);
    return (*code_)(reshape(h, {x.extent(0), -1}));
}

Variable Autoencoder::decode(const Variable& z) const {
    Variable y = reshape((*expand_)(z), {z.extent(0), innermost_[0], innermost_[1], innermost_[2]});
    for (const Module* const up : up_) y = (*up)(y);
    return y;
}

std::vector<ConvolutionalStage> Autoencoder::stages() const {
    std::vector<ConvolutionalStage> stages;
    for (const Conv2D* const down : down_) {
        stages.push_back({.name = fmt::format("encoder.down{}", stages.size() + 1), .convolution = down});
    }
    return stages;
}

Variable CodeDistribution::codes(const Variable& epsilon) const {
    require(epsilon.shape() == mean.shape(), "CodeDistribution: the noise must have the means' shape {}; got {}",
            mean.shape(), epsilon.shape());
    const Variable sigma = exp(0.5 * log_variance);
    return mean + sigma * epsilon;
}

CodeDistribution VariationalAutoencoder::code_distribution(const Variable& x) const {
    const Variable both = features(x);
    const Index latent = both.extent(1) / 2;
    return {.mean = slice(both, {.axis = 1, .begin = 0, .end = latent}),
            .log_variance = slice(both, {.axis = 1, .begin = latent, .end = 2 * latent})};
}

Variable VariationalLoss::sum() const { return reconstruction + divergence; }

VariationalLoss variational_loss(const VariationalAutoencoder& model, const Variable& x, const Variable& epsilon) {
    const CodeDistribution q = model.code_distribution(x);
    const auto numbers_an_image = static_cast<double>(element_count(Shape(x.shape().begin() + 1, x.shape().end())));
    return {.reconstruction = numbers_an_image * binary_cross_entropy_with_logits(model.decode(q.codes(epsilon)), x),
            .divergence = kl_divergence(q.mean, q.log_variance)};
}

}  // namespace adjoint
