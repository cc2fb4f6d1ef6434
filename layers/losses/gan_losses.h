// Losses of generative adversarial networks. The discriminator D scores images, the higher the more it takes them for
// real; the generator G draws images and wants high scores for them. Each loss is a single number.
//
// In every comment r = D(x) are the scores of real images and f = D(G(z)) those of drawn ones, of any shape. They are
// logits: no sigmoid comes before.
#pragma once

#include "framework/tensor/random.h"
#include "layers/module.h"

namespace adjoint {

/// −mean log sigmoid(r) − mean log(1 − sigmoid(f)): the cross-entropy of telling the two apart.
/// Source: Goodfellow et al., "Generative adversarial nets", 2014, as the next two.
Variable minimax_discriminator_loss(const Variable& r, const Variable& f);
/// mean log(1 − sigmoid(f)): what the discriminator wants to be small, negated. Its gradient vanishes (saturates) where
/// drawn images are found out, as they are at first.
Variable minimax_generator_loss(const Variable& f);
/// −mean log sigmoid(f): has the same fixed points, but its largest gradient where drawn images are found out.
Variable non_saturating_generator_loss(const Variable& f);

/// mean (r − 1)² / 2 + mean f² / 2.
/// Source: Mao et al., "Least squares generative adversarial networks", 2017, as the next.
Variable least_squares_discriminator_loss(const Variable& r, const Variable& f);
/// mean (f − 1)² / 2.
Variable least_squares_generator_loss(const Variable& f);

/// mean max(0, 1 − r) + mean max(0, 1 + f): scores beyond ±1 are good enough.
/// Source: Lim and Ye, "Geometric GAN", 2017, as the next.
Variable hinge_discriminator_loss(const Variable& r, const Variable& f);
/// −mean f.
Variable hinge_generator_loss(const Variable& f);

/// mean f − mean r: minus this is the distance between the two distributions, as far as a critic whose slope is nowhere
/// above 1 can see it.   Source: Arjovsky, Chintala and Bottou, "Wasserstein generative adversarial networks", 2017, as
/// the next.
Variable wasserstein_critic_loss(const Variable& r, const Variable& f);
/// −mean f.
Variable wasserstein_generator_loss(const Variable& f);

/// ‖∇critic(x̂ₙ)‖ at points x̂ₙ = u·realₙ + (1 − u)·fakeₙ between the pairs, u uniform in (0, 1), element n of
/// `random`.
/// Shapes: real and fake [N, …], the result [N].
/// Throws `gradient_norms: real and fake must have one shape [N, …] of two axes or more; got [4, 8] and [5, 8]`.
Variable gradient_norms(const Module& critic, const Variable& real, const Variable& fake, const Random& random);

/// mean (gradient_norms − 1)²: how far the critic's slopes are from 1. It is added to a critic's loss, times 10 in the
/// paper:
///   Tape tape(critic.parameters());
///   const Variable loss = wasserstein_critic_loss(critic(real), critic(fake)) +
///                         10.0 * gradient_penalty(critic, real, fake, random.stream(step));
/// The slopes come from a tape of its own; the tapes outside record how, and so differentiate them again. A score must
/// depend on its own image alone: no batch normalisation in the critic.
/// Source: Gulrajani et al., "Improved training of Wasserstein GANs", 2017.
Variable gradient_penalty(const Module& critic, const Variable& real, const Variable& fake, const Random& random);

}  // namespace adjoint
