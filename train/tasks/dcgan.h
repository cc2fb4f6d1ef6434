// DCGAN task: a game in which a discriminator learns to tell real images from drawn ones, and a generator to be taken
// for real.
#pragma once

#include "models/dcgan.h"
#include "train/optim/optimizers.h"
#include "train/records/metrics.h"

namespace adjoint {

/// The optimisers of the two networks.
struct DcganOptimizers {
    explicit DcganOptimizers(const Dcgan& model, double learning_rate, const GradientClipping& clipping = {});

    Adam generator;
    Adam discriminator;
};
/// One step of both networks on images [N, 28, 28, 1] in −1..1 and noise [N, 1, 1, 100]; returns their losses.
Metrics dcgan_step(const Dcgan& model, DcganOptimizers& optimizers, const Variable& images, const Variable& noise);

}  // namespace adjoint
