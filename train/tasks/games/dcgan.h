// DCGAN task: a game in which a discriminator learns to tell real images from drawn ones, and a generator to be taken
// for real.
#pragma once

#include "models/dcgan.h"
#include "train/tasks/games/game.h"

namespace adjoint {

/// One step of both networks on images [N, 28, 28, 1] in −1..1 and noise [N, 1, 1, 100]; returns their losses. Where
/// the networks are told classes, these are those of the images, and of what is drawn.
Metrics dcgan_step(const Dcgan& model, GameOptimizers& optimizers, const Variable& images, const Variable& noise,
                   const Tensor& classes = Tensor::zeros({0}));

}  // namespace adjoint
