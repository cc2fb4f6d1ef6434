// Wasserstein GAN task: a game in which a critic learns to tell how far drawn images are from real ones, with a slope
// of 1 between them, and a generator to come nearer.
#pragma once

#include "models/dcgan.h"
#include "train/tasks/games/game.h"

namespace adjoint {

struct CriticLosses {
    double distance;  ///< the critic's estimate of the Wasserstein distance: its loss, negated
    double penalty;
};
/// One step of the critic on real and drawn images [N, 28, 28, 1] in −1..1; `between` chooses points between them.
/// Where the networks are told classes, these are those of both, image by image; the critic's slope is still that
/// between images.
CriticLosses wgan_gp_critic_step(const WganGp& model, GameOptimizers& optimizers, const Variable& images,
                                 const Variable& fakes, const Random& between,
                                 const Tensor& classes = Tensor::zeros({0}));
/// One step of the generator on noise [N, 1, 1, 100], for images of these classes; returns its loss.
double wgan_gp_generator_step(const WganGp& model, GameOptimizers& optimizers, const Variable& noise,
                              const Tensor& classes = Tensor::zeros({0}));

}  // namespace adjoint
