// Losses: how far a prediction is from its target, the mean over all elements (or rows), a single number.
//
// A target may be a number that stands for all elements; it is differentiated like any other operand.
#pragma once

#include <vector>

#include "framework/ops/elementwise.h"

namespace adjoint {

/// mean (y − t)².
Variable mean_squared_error(const Variable& y, const Variable& t);
/// mean |y − t|: the L1 loss.
Variable mean_absolute_error(const Variable& y, const Variable& t);
/// mean of e²/2 where |e| ≤ delta, else delta·(|e| − delta/2), with e = y − t.
/// Source: Huber, "Robust estimation of a location parameter", 1964.
Variable huber(const Variable& y, const Variable& t, double delta = 1.0);

/// Binary cross-entropy of probabilities sigmoid(x) given as logits x: mean of −t·log sigmoid(x) − (1 − t)·log(1 −
/// sigmoid(x)), computed as max(x, 0) − x·t + log(1 + e^(−|x|)), which neither overflows nor loses its gradient.
/// Gradient: x ← g·(sigmoid(x) − t) / count.
Variable binary_cross_entropy_with_logits(const Variable& x, const Variable& t);
Variable binary_cross_entropy_with_logits(const Variable& x, double t);

/// Cross-entropy of the classes' probabilities softmax(x): the mean over n of −log softmax(x)[n, label n].
/// Shapes: x [N, classes], N labels.   Gradient: x ← g·(softmax(x) − one-hot label) / N.
/// Throws when the number of labels differs from N or a label is not a class.
Variable cross_entropy(const Variable& x, const std::vector<int>& labels);

/// How far the normal distributions N(μ, σ²) are from N(0, 1), each number independent of the others, the Kullback-
/// Leibler divergence: the mean over n of −½·Σ (1 + log σ² − μ² − σ²)[n], in nats.
/// Shapes: mean μ and log_variance log σ² [N, latent].   Gradient: μ ← g·μ / N,  log σ² ← g·½·(σ² − 1) / N.
/// Source: Kingma and Welling, "Auto-encoding variational Bayes", 2014, appendix B.
Variable kl_divergence(const Variable& mean, const Variable& log_variance);

}  // namespace adjoint
