// Which two networks play the game in which one learns to draw digits and the other to tell them from real ones?
//
// Source: Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative
// adversarial networks", 2015: strided convolutions only, batch normalisation, weights from a normal distribution of
// deviation 0.02.
#pragma once

#include "framework/random.h"
#include "layers/sequential.h"

namespace adjoint {

/// The length of the generator's noise.
constexpr Index dcgan_noise = 100;

/// Normal noise [N, 1, 1, 100] for that many images, from its element `first` image on.
inline Tensor generator_noise(const Random& random, Index images, Index first = 0) {
    return random.normal({images, 1, 1, dcgan_noise}, DType::float32, static_cast<std::uint64_t>(first * dcgan_noise));
}

/// Noise [N, 1, 1, 100] → 4×4×256 → 7×7×128 → 14×14×64 → images [N, 28, 28, 1] in −1..1.
Sequential dcgan_generator(const Random& random);

/// Images [N, 28, 28, 1] in −1..1 → 14×14×64 → 7×7×128 → 3×3×256 → the logit that they are real [N, 1, 1, 1].
Sequential dcgan_discriminator(const Random& random);

/// Both networks, as they are trained and saved together.
class Dcgan : public Module {
  public:
    explicit Dcgan(const Random& random)
        : generator(child("generator", dcgan_generator(random.stream(1)))),
          discriminator(child("discriminator", dcgan_discriminator(random.stream(2)))) {}

    /// The generator's images for some noise.
    Variable forward(const Variable& noise) const override { return generator(noise); }

    Sequential& generator;
    Sequential& discriminator;
};

}  // namespace adjoint
