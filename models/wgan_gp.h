// WGAN-GP: the DCGAN's generator, and a critic whose score of an image depends on no other image, in a game for the
// Wasserstein distance.
//
// Source: Gulrajani et al., "Improved training of Wasserstein GANs", 2017: no batch normalisation in the critic, as its
// slope is asked for at each image apart.
#pragma once

#include "models/dcgan.h"

namespace adjoint {

/// Images [N, 28, 28, 1] in −1..1 → 14×14×64 → 7×7×128 → 3×3×256 → a score [N, 1, 1, 1], any number.
Sequential wgan_critic(const Random& random);

/// Both networks, as they are trained and saved together.
class WganGp : public Module {
  public:
    explicit WganGp(const Random& random)
        : generator(child("generator", dcgan_generator(random.stream(1)))),
          critic(child("critic", wgan_critic(random.stream(2)))) {}

    /// The generator's images for some noise.
    Variable forward(const Variable& noise) const override { return generator(noise); }

    Sequential& generator;
    Sequential& critic;
};

}  // namespace adjoint
