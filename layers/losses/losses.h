// Losses: how far a prediction is from its target, the mean over all elements (or rows), a single number.
//
// A target may be a number that stands for all elements; it is differentiated like any other operand.
#pragma once

#include <vector>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/random.h"
#include "layers/module.h"

namespace adjoint {

/// mean (y − t)².   Throws, as the next three do, `mean_squared_error: the target must have the prediction's shape or
/// be a single number; got [3, 1] and [3]`.
Variable mean_squared_error(const Variable& y, const Variable& t);
/// mean |y − t|: the L1 loss.
Variable mean_absolute_error(const Variable& y, const Variable& t);
/// mean of e²/2 where |e| ≤ delta, else delta·(|e| − delta/2), with e = y − t.   Gradient: y ← g·max(−delta, min(e,
/// delta)) / count.
/// Source: Huber, "Robust estimation of a location parameter", 1964.
Variable huber(const Variable& y, const Variable& t, double delta = 1.0);

/// Binary cross-entropy of probabilities sigmoid(x) given as logits x: mean of −t·log sigmoid(x) − (1 − t)·log(1 −
/// sigmoid(x)), computed as max(x, 0) − x·t + log(1 + e^(−|x|)), which neither overflows nor loses its gradient.
/// Gradient: x ← g·(sigmoid(x) − t) / count.
Variable binary_cross_entropy_with_logits(const Variable& x, const Variable& t);
inline Variable binary_cross_entropy_with_logits(const Variable& x, double t) {
    return binary_cross_entropy_with_logits(x, scalar(t, x));
}

/// Cross-entropy of the classes' probabilities softmax(x): the mean over n of −log softmax(x)[n, label n].
/// Shapes: x [N, classes], N labels.   Gradient: x ← g·(softmax(x) − one-hot label) / N.
/// Throws when the number of labels differs from N or a label is not a class.
Variable cross_entropy(const Variable& x, const std::vector<int>& labels);

/// How far the normal distributions N(μ, σ²) are from N(0, 1), each number independent of the others, the Kullback-
/// Leibler divergence: the mean over n of −½·Σ (1 + log σ² − μ² − σ²)[n], in nats.
/// Shapes: mean μ and log_variance log σ² [N, latent].   Gradient: μ ← g·μ / N,  log σ² ← g·½·(σ² − 1) / N.
/// Source: Kingma and Welling, "Auto-encoding variational Bayes", 2014, appendix B.
Variable kl_divergence(const Variable& mean, const Variable& log_variance);

// ---- generative adversarial networks
//
// The discriminator D scores images, the higher the more it takes them for real; the generator G draws images and wants
// high scores for them. In every comment r = D(x) are the scores of real images and f = D(G(z)) those of drawn ones, of
// any shape. They are logits: no sigmoid comes before. −log sigmoid(s) = softplus(−s) and −log(1 − sigmoid(s)) =
// softplus(s), which neither overflow nor lose their gradient.

/// −mean log sigmoid(r) − mean log(1 − sigmoid(f)): the cross-entropy of telling the two apart.
/// Source: Goodfellow et al., "Generative adversarial nets", 2014, as the next two.
inline Variable minimax_discriminator_loss(const Variable& r, const Variable& f) {
    return mean(softplus(-r)) + mean(softplus(f));
}
/// mean log(1 − sigmoid(f)): what the discriminator wants to be small, negated. Its gradient vanishes (saturates) where
/// drawn images are found out, as they are at first.
inline Variable minimax_generator_loss(const Variable& f) { return -mean(softplus(f)); }
/// −mean log sigmoid(f): has the same fixed points, but its largest gradient where drawn images are found out.
inline Variable non_saturating_generator_loss(const Variable& f) { return mean(softplus(-f)); }

/// mean (r − 1)² / 2 + mean f² / 2.
/// Source: Mao et al., "Least squares generative adversarial networks", 2017, as the next.
inline Variable least_squares_discriminator_loss(const Variable& r, const Variable& f) {
    return (mean(square(r - 1.0)) + mean(f * f)) / 2.0;
}
/// mean (f − 1)² / 2.
inline Variable least_squares_generator_loss(const Variable& f) { return mean(square(f - 1.0)) / 2.0; }

/// mean max(0, 1 − r) + mean max(0, 1 + f): scores beyond ±1 are good enough.
/// Source: Lim and Ye, "Geometric GAN", 2017, as the next.
inline Variable hinge_discriminator_loss(const Variable& r, const Variable& f) {
    return mean(relu(1.0 - r)) + mean(relu(1.0 + f));
}
/// −mean f.
inline Variable hinge_generator_loss(const Variable& f) { return -mean(f); }

/// mean f − mean r: minus this is the distance between the two distributions, as far as a critic whose slope is nowhere
/// above 1 can see it.   Source: Arjovsky, Chintala and Bottou, "Wasserstein generative adversarial networks", 2017, as
/// the next.
inline Variable wasserstein_critic_loss(const Variable& r, const Variable& f) { return mean(f) - mean(r); }
/// −mean f.
inline Variable wasserstein_generator_loss(const Variable& f) { return -mean(f); }

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
