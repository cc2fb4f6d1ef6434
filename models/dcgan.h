// DCGAN and WGAN-GP: a generator that learns to draw images, and a network that learns to tell them from real ones.
//
// Source: Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative
// adversarial networks", 2015: strided convolutions only, batch normalisation, weights from a normal distribution of
// deviation 0.02. The noise here is normal, in the paper uniform.
#pragma once

#include "framework/tensor/random.h"
#include "layers/sequential.h"
#include "models/image_model.h"

namespace adjoint {

/// The length of the generator's noise.
constexpr Index dcgan_noise = 100;

constexpr ImageModelOptions dcgan_options = {.latent = dcgan_noise, .width = 64};

struct NoiseOptions {
    Index first = 0;             ///< the image whose noise comes first
    Index length = dcgan_noise;  ///< of the noise of one image
};
/// Normal noise [N, 1, 1, length] for that many images.
inline Tensor generator_noise(const Random& random, Index images, const NoiseOptions& options = {}) {
    const auto [first, length] = options;
    return random.normal({images, 1, 1, length}, DType::float32, static_cast<std::uint64_t>(first * length));
}

/// x [N, H, W, C] with a channel more for each class, all 1 where it is that of image n, else 0: how both networks of a
/// conditional game are told; x itself where `count` is 0.   Shapes: classes [N], the result [N, H, W, C + count].
/// Throws as one_hot does.
/// Source: Mirza and Osindero, "Conditional generative adversarial nets", 2014.
Variable with_classes(const Variable& x, const Tensor& classes, Index count);

/// Noise [N, 1, 1, 100] → 4×4×256 → 7×7×128 → 14×14×64 → images [N, 28, 28, 1] in −1..1. Larger images are doubled more
/// often: 64×64×3 at width 128 is the paper's generator, 4×4×1024 → 8×8×512 → 16×16×256 → 32×32×128 → 64×64×3.
Sequential dcgan_generator(const Random& random, const ImageModelOptions& options = dcgan_options);

/// Images [N, 28, 28, 1] in −1..1 → 14×14×64 → 7×7×128 → 3×3×256 → the logit that they are real [N, 1, 1, 1]. Larger
/// images are halved down to 4×4.
Sequential dcgan_discriminator(const Random& random, const ImageModelOptions& options = dcgan_options);

/// Both networks, as they are trained and saved together.
class Dcgan : public Module {
  public:
    explicit Dcgan(const Random& random, const ImageModelOptions& options = dcgan_options)
        : told_classes(options.told_classes),
          generator(child("generator", dcgan_generator(random.stream(1), options))),
          discriminator(child("discriminator", dcgan_discriminator(random.stream(2), options))) {}

    /// The generator's images for some noise.
    Variable forward(const Variable& noise) const override { return generator(noise); }

    /// An input of either network, with what tells it these classes: see with_classes.
    Variable told(const Variable& x, const Tensor& classes) const { return with_classes(x, classes, told_classes); }

    const Index told_classes;  ///< how many channels that adds
    Sequential& generator;
    Sequential& discriminator;
};

// ---- WGAN-GP: the same generator, and a critic whose score of an image depends on no other image, in a game for the
// Wasserstein distance.
//
// Source: Gulrajani et al., "Improved training of Wasserstein GANs", 2017: no batch normalisation in the critic, as its
// slope is asked for at each image apart.

/// Images [N, 28, 28, 1] in −1..1 → 14×14×64 → 7×7×128 → 3×3×256 → a score [N, 1, 1, 1], any number. Larger images are
/// halved down to 4×4.
Sequential wgan_critic(const Random& random, const ImageModelOptions& options = dcgan_options);

/// Both networks, as they are trained and saved together.
class WganGp : public Module {
  public:
    explicit WganGp(const Random& random, const ImageModelOptions& options = dcgan_options)
        : told_classes(options.told_classes),
          generator(child("generator", dcgan_generator(random.stream(1), options))),
          critic(child("critic", wgan_critic(random.stream(2), options))) {}

    /// The generator's images for some noise.
    Variable forward(const Variable& noise) const override { return generator(noise); }

    /// As in Dcgan.
    Variable told(const Variable& x, const Tensor& classes) const { return with_classes(x, classes, told_classes); }

    const Index told_classes;
    Sequential& generator;
    Sequential& critic;
};

}  // namespace adjoint
