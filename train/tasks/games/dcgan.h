// DCGAN task: a game in which a discriminator learns to tell real images from drawn ones, and a generator to be taken
// for real.
#pragma once

#include "models/dcgan.h"
#include "train/tasks/games/game.h"

namespace adjoint {

/// One step of both networks on images [N, 28, 28, 1] in −1..1 and noise [N, 1, 1, 100]; returns their losses. Where
/// the networks are told classes, these are those of the images, and of what is drawn. The discriminator is told that
/// real images are real with the certainty `real_label`: below 1 it is never sure, and leaves the generator a slope to
/// climb.
/// Source: Salimans et al., "Improved techniques for training GANs", 2016, one-sided label smoothing.
Metrics dcgan_step(const Dcgan& model, GameOptimizers& optimizers, const Variable& images, const Variable& noise,
                   const Tensor& classes = Tensor::zeros({0}), double real_label = 1.0);

}  // namespace adjoint
