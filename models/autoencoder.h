// Autoencoder: squeezes an image into a few numbers and draws it again. Variational autoencoder: learns which codes
// images have, so that new ones can be drawn.
//
// Source: Kingma and Welling, "Auto-encoding variational Bayes", 2014.
#pragma once

#include "layers/convolution.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "models/deconvnet.h"
#include "models/image_model.h"

namespace adjoint {

constexpr ImageModelOptions autoencoder_options = {.latent = 16, .width = 32};

/// 28×28×1 → 14×14×32 → 7×7×64 → 16 → 7×7×64 → 14×14×64 → 28×28×32 → 28×28×1, the pixels as logits. Images of another
/// size S are halved as often as it takes to come to 7 or 8 pixels. Tied, the decoder is the encoder run backward with
/// the same filters and its own biases: 16 → 7×7×64 → 14×14×32 → 28×28×1.
class Autoencoder : public Module {
  public:
    explicit Autoencoder(const Random& random, const ImageModelOptions& options = autoencoder_options)
        : Autoencoder("Autoencoder", random, options, options.latent) {}

    /// Images [N, S, S, channels] in 0..1 to codes [N, latent].
    virtual Variable encode(const Variable& x) const { return features(x); }
    /// Codes [N, latent] to the logits of pixels [N, S, S, channels].
    Variable decode(const Variable& z) const;
    /// decode(encode(x)): sigmoid of it are the reconstructed images.
    Variable forward(const Variable& x) const override { return decode(encode(x)); }

    /// The convolutions of the encoder.
    std::vector<ConvolutionalStage> stages() const;

  protected:
    /// One whose encoder gives that many features of an image, from which a code is yet to be made. Errors name
    /// `model`.
    Autoencoder(const char* model, const Random& random, const ImageModelOptions& options, Index features);
    Variable features(const Variable& x) const;

  private:
    void tie_decoder(const ImageModelOptions& options);

    std::vector<const Conv2D*> down_;
    const Linear* code_;
    const Module* expand_;
    Shape innermost_;  // [side, side, channels] of the smallest image
    std::vector<const Module*> up_;
};

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
