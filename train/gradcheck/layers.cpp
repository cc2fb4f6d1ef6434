// Rows of layers that are neither convolutions nor of images, of normalisations, losses and whole models.
#include <fmt/ranges.h>

#include "framework/ops/batch_normalize.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "layers/convolution.h"
#include "layers/dropout.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "layers/losses/losses.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
#include "layers/spectral_norm.h"
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/dcgan.h"
#include "models/rbm.h"
#include "models/super_resolution.h"
#include "models/unet.h"
#include "train/gradcheck/rows.h"

namespace adjoint {
namespace {

const Random random(2024);

// ---- normalisations: mean 0 and variance 1, or a norm of 1

Operation batch_normalize_of(const Settings& s) {
    const Shape channels = {s.shape().back()};
    require(element_count(s.shape()) > channels[0], "batch_normalize: a channel needs more than one value; got {}",
            s.shape());
    const BatchNormalizeOptions options{.epsilon = s.number("--epsilon"),
                                        .activation = leaky_relu(s.number("--slope"))};
    return {[options](const Inputs& in) {
                return batch_normalize(in[0], in[1], in[2], channel_moments(in[0].value()), options);
            },
            {normal(s.shape()), normal(channels, 1), normal(channels, 2)},
            {"x", "gamma", "beta"}};
}

Operation normalize_by_of(const Settings& s) {
    const Shape channels = {s.shape().back()};
    const BatchNormalizeOptions options{.epsilon = s.number("--epsilon"),
                                        .activation = leaky_relu(s.number("--slope"))};
    return {[options](const Inputs& in) { return normalize_by(in[0], in[1], in[2], in[3], in[4], options); },
            {normal(s.shape()), normal(channels, 1), normal(channels, 2), normal(channels, 3), positive(channels, 4)},
            {"x", "gamma", "beta", "mean", "variance"}};
}

Operation spectral_norm_of(const Settings& s) {
    return {[](const Inputs& in) { return spectral_norm(in[0], in[1]); },
            {normal(s.shape()), normal({s.shape().back()}, 1)},
            {"w", "u"}};
}

BatchNorm batch_norm_layer(double epsilon, double slope, bool evaluate, const Settings& s) {
    BatchNorm norm({.channels = s.shape().back(), .epsilon = epsilon, .activation = leaky_relu(slope)}, random);
    if (evaluate) norm.evaluate();
    return norm;
}

LayerNorm layer_norm_layer(Index innermost, double epsilon, const Settings& s) {
    const Shape shape = s.shape();
    require(innermost >= 1 && innermost <= std::ssize(shape), "layer_norm: there are no {} innermost axes; got {}",
            innermost, shape);
    return LayerNorm({.shape = Shape(shape.end() - innermost, shape.end()), .epsilon = epsilon});
}

GroupNorm group_norm_layer(Index groups, double epsilon, bool no_affine, const Settings& s) {
    return GroupNorm({.channels = s.shape().back(), .groups = groups, .epsilon = epsilon, .affine = !no_affine});
}

InstanceNorm instance_norm_layer(double epsilon, bool no_affine, const Settings& s) {
    return InstanceNorm({.channels = s.shape().back(), .epsilon = epsilon, .affine = !no_affine});
}

SpectralNorm<Conv2D> spectral_norm_layer(const Size2D& kernel, Index out, const Settings& s) {
    const Index in = s.shape().back(), weights = kernel.height * kernel.width * in * out;
    require(weights > 1, "SpectralNorm: a weight of one number is always 1 or -1; got {}", weights);
    SpectralNorm norm(Conv2D({.in_channels = in, .out_channels = out, .kernel = kernel}, random), random);
    norm.evaluate();  // in training the direction follows the weight, which the gradient leaves out
    return norm;
}

// ---- layers

Linear linear_layer(Index out, bool no_bias, const Settings& s) {
    return Linear({.in = s.shape().back(), .out = out, .bias = !no_bias}, random);
}

// The weight belongs to the layer that is run backward.
Operation linear_transpose_of(const Settings& s) {
    const auto encoder =
        std::make_shared<Linear>(LinearOptions{.in = s.whole("--out-features"), .out = s.shape().back()}, random);
    const auto backward = std::make_shared<LinearTranspose>(*encoder);
    encoder->cast(DType::float64);
    backward->cast(DType::float64);
    return {[=](const Inputs& in) {
                encoder->weight.substitute(in[1]);
                return (*backward)(in[0]);
            },
            {normal(s.shape()), normal(encoder->weight.shape(), 1)},
            {"x", "weight"}};
}

template <class Layer>
Layer upsampling_of(Index channels) {
    const Conv2DTransposeLayerOptions twice = {.in_channels = channels,
                                               .out_channels = 2,
                                               .kernel = {4, 4},
                                               .stride = {2, 2},
                                               .padding = Padding::symmetric({1, 1})};
    if constexpr (std::same_as<Layer, ShuffleConv2D>) {
        return Layer(twice, /*smooth_start=*/false, random);
    } else {
        return Layer(twice, random);
    }
}

Sequential two_layers() {
    return Sequential(Linear({.in = 4, .out = 5}, random.stream(1)), Tanh(),
                      Linear({.in = 5, .out = 2}, random.stream(2)));
}

// ---- losses

// Of labels 1, 2, …, and round again.
Variable cross_entropy_of(const Variable& logits) {
    std::vector<int> labels;
    while (std::ssize(labels) < logits.extent(0)) {
        labels.push_back(static_cast<int>((labels.size() + 1) % logits.extent(-1)));
    }
    return cross_entropy(logits, labels);
}

using CriticLoss = Variable (*)(const Module& critic, const Variable& real, const Variable& fake, const Random& random);

// Of a critic of two layers, whose weights are inputs too.
GradientRow of_critic(const std::string& name, CriticLoss loss) {
    return operation(name, "--shape 3,2", [loss](const Settings& s) {
        const Shape x = s.shape();
        require(x.size() == 2, "gradcheck: the critic scores rows of numbers; got {}", x);
        return Operation{
            [loss](const Inputs& in) {
                const Lambda critic([&in](const Variable& v) { return matmul(tanh(matmul(v, in[0])), in[1]); });
                return loss(critic, in[2], in[3], random);
            },
            {normal({x[1], 4}, 2), normal({4, 1}, 3), apart(x), apart(x, 1)},
            {"first weight", "second weight", "real", "fake"}};
    });
}

}  // namespace

GradientRows layer_rows() {
    const Sample x = normal({3, 4, 2}), image = normal({2, 5, 4, 3}), kinked = apart({3, 4});
    return {
        operation("batch_normalize", "--shape 3,4,2 --epsilon 1e-5 --slope 1|0.2", batch_normalize_of),
        operation("normalize_by", "--shape 3,4,2 --epsilon 1e-5 --slope 1|0.2", normalize_by_of),
        operation("standardize", {x}, "--axes 0|0,2 --epsilon 1e-5", standardize),
        operation("spectral_norm", "--shape 3,2,4", spectral_norm_of),
        layer("BatchNorm", image, "--epsilon 1e-5 --slope 1 --evaluate no", batch_norm_layer),
        layer("LayerNorm", image, "--innermost 1|2 --epsilon 1e-5", layer_norm_layer),
        layer("GroupNorm", normal({2, 3, 2, 4}), "--groups 1|2 --epsilon 1e-5 --no-affine no", group_norm_layer),
        layer("InstanceNorm", image, "--epsilon 1e-5 --no-affine no", instance_norm_layer),
        layer("SpectralNorm", image, "--kernel 3|3,2 --out-channels 2", spectral_norm_layer),
        multilinear(layer("Linear", normal({5, 4}), "--out-features 3 --no-bias no", linear_layer)),
        multilinear(operation("LinearTranspose", "--shape 5,4 --out-features 3", linear_transpose_of)),
        layer("Dropout", image, "--rate 0.5|0.4", [](double rate) { return Dropout(rate, random); }),
        layer("ReLU", kinked, "", [] { return ReLU(); }),
        layer("LeakyReLU", kinked, "--slope 0.01|0.2", [](double slope) { return LeakyReLU(slope); }),
        layer("ELU", kinked, "--alpha 1", [](double alpha) { return ELU(alpha); }),
        layer("GELU", image, "", [] { return GELU(); }),
        layer("Tanh", image, "", [] { return Tanh(); }),
        layer("Sigmoid", image, "", [] { return Sigmoid(); }),
        layer("Softplus", image, "", [] { return Softplus(); }),
        multilinear(layer("Flatten", image, "", [] { return Flatten(); })),
        multilinear(layer("Reshape", image, "--to -1|4,-1", [](const Shape& to) { return Reshape(to); })),
        layer("Sequential", normal({3, 4}), "", two_layers),
    };
}

GradientRows loss_rows() {
    const Sample x = normal({3, 4}), t = positive({3, 4}, 1), real = apart({3, 2}), fake = apart({3, 2}, 1);
    return {
        operation("mean_squared_error", {x, t}, "", mean_squared_error),
        operation("mean_absolute_error", {x, t}, "", mean_absolute_error),
        operation("huber", {x, t}, "--delta 1|0.7", huber),
        operation("binary_cross_entropy_with_logits", {x, t}, "",
                  [](const Variable& a, const Variable& b) { return binary_cross_entropy_with_logits(a, b); }),
        operation("cross_entropy", {x}, "", cross_entropy_of),
        operation("segmentation_loss", {normal({1, 2, 3, 4}), positive({1, 2, 3, 4}, 1)}, "", segmentation_loss),
        operation("kl_divergence", {x, normal({3, 4}, 1)}, "",
                  [](const Variable& a, const Variable& b) { return kl_divergence(a, b); }),
        operation("minimax_discriminator_loss", {real, fake}, "", minimax_discriminator_loss),
        operation("minimax_generator_loss", {fake}, "", minimax_generator_loss),
        operation("non_saturating_generator_loss", {fake}, "", non_saturating_generator_loss),
        operation("least_squares_discriminator_loss", {real, fake}, "", least_squares_discriminator_loss),
        operation("least_squares_generator_loss", {fake}, "", least_squares_generator_loss),
        operation("hinge_discriminator_loss", {real, fake}, "", hinge_discriminator_loss),
        operation("hinge_generator_loss", {fake}, "", hinge_generator_loss),
        operation("wasserstein_critic_loss", {real, fake}, "", wasserstein_critic_loss),
        operation("wasserstein_generator_loss", {fake}, "", wasserstein_generator_loss),
        of_critic("gradient_norms", gradient_norms),
        of_critic("gradient_penalty", gradient_penalty),
    };
}

GradientRows model_rows() {
    const Sample digit = normal({1, 28, 28, 1}), digits = normal({2, 28, 28, 1}), small = normal({2, 5, 4, 3});
    return {
        sampled(layer("Autoencoder", digit, "", [] { return Autoencoder(random); })),
        sampled(layer("VariationalAutoencoder", digit, "", [] { return VariationalAutoencoder(random); })),
        sampled(layer("Rbm", digit, "", [] { return Rbm(random, {.latent = 1, .width = 4}); })),
        sampled(
            layer("SuperResolution", normal({1, 7, 7, 1}), "", [] { return SuperResolution(random, {.width = 4}); })),
        sampled(layer("UNet", normal({2, 8, 16, 1}), "", [] { return UNet(random, {.classes = 3, .width = 2}); })),
        multilinear(layer("ResizeConv2D", small, "", [] { return upsampling_of<ResizeConv2D>(3); })),
        multilinear(layer("ShuffleConv2D", small, "", [] { return upsampling_of<ShuffleConv2D>(3); })),
        multilinear(layer("UnpoolConv2D", small, "", [] { return upsampling_of<UnpoolConv2D>(3); })),
        operation("shrink", {small}, "", [](const Variable& x) { return shrink(x, 2); }),
        multilinear(operation("seen_part", {small}, "", [](const Variable& x) { return seen_part(x, 2); })),
        operation("enlarge_bicubic", {small}, "", [](const Variable& x) { return enlarge_bicubic(x, 2); }),
        multilinear(operation("with_classes", {small}, "",
                              [](const Variable& x) {
                                  return with_classes(x, Tensor({2}, {1, 0}), 2);
                              })),
        sampled(layer("Classifier", digit, "", [] { return Classifier(random); })),
        sampled(layer("dcgan_generator", normal({2, 1, 1, dcgan_noise}), "", [] { return dcgan_generator(random); })),
        sampled(layer("dcgan_discriminator", digits, "", [] { return dcgan_discriminator(random); })),
        sampled(layer("wgan_critic", digits, "", [] { return wgan_critic(random); })),
    };
}

}  // namespace adjoint
