// DCGAN task: a game in which a discriminator learns to tell real images from drawn ones, and a generator to be taken
// for real.
#pragma once

#include "models/dcgan.h"
#include "train/optim/optimizers.h"

namespace adjoint {

/// The optimisers and losses of the two networks.
struct DcganOptimizers {
    explicit DcganOptimizers(const Dcgan& model, double learning_rate, const GradientClipping& clipping = {});

    Adam generator;
    Adam discriminator;
};
struct DcganLosses {
    double generator;
    double discriminator;
};
/// One step of both networks on images [N, 28, 28, 1] in −1..1 and noise [N, 1, 1, 100].
DcganLosses dcgan_step(const Dcgan& model, DcganOptimizers& optimizers, const Variable& images, const Variable& noise);

}  // namespace adjoint
