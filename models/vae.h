// Variational autoencoder: learns which codes images have, so that new ones can be drawn.
//
// Source: Kingma and Welling, "Auto-encoding variational Bayes", 2014.
#pragma once

#include "models/autoencoder.h"

namespace adjoint {

/// Which codes an image may have: those of N(μ, σ²), each number independent of the others.
struct CodeDistribution {
    Variable mean;          ///< μ [N, latent]
    Variable log_variance;  ///< log σ² [N, latent]

    /// z = μ + σ·ε for noise ε [N, latent] of N(0, 1): codes of the distribution, whose gradients reach μ and σ.
    Variable codes(const Variable& epsilon) const;
};

/// The autoencoder with twice as many features, a mean and the logarithm of a variance for each number of a code. The
/// code of an image is the mean; decode(normal noise [N, latent]) draws new images.
class VariationalAutoencoder : public Autoencoder {
  public:
    explicit VariationalAutoencoder(const Random& random, const ImageModelOptions& options = autoencoder_options)
        : Autoencoder("VariationalAutoencoder", random, options, 2 * options.latent) {}

    CodeDistribution code_distribution(const Variable& x) const;
    Variable encode(const Variable& x) const override { return code_distribution(x).mean; }
};

/// What training lowers, in nats an image, each the mean over the images. Their sum is −ELBO, and nothing lower than
/// −log p(x) in expectation.
struct VariationalLoss {
    Variable reconstruction;  ///< −log p(x|z): the binary cross-entropy, Σ over pixels and channels
    Variable divergence;      ///< KL(N(μ, σ²) ‖ N(0, 1)), Σ over the numbers of a code

    Variable sum() const;
};

/// For images x [N, S, S, channels] in 0..1 and noise ε [N, latent] of N(0, 1).
VariationalLoss variational_loss(const VariationalAutoencoder& model, const Variable& x, const Variable& epsilon);

}  // namespace adjoint
