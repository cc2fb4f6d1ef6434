#include "models/vae.h"

#include "framework/ops/shape_ops.h"
#include "layers/losses/losses.h"

namespace adjoint {

Variable CodeDistribution::codes(const Variable& epsilon) const {
    require(epsilon.shape() == mean.shape(), "CodeDistribution: the noise must have the means' shape {}; got {}",
            mean.shape(), epsilon.shape());
    const Variable sigma = exp(0.5 * log_variance);
    return mean + sigma * epsilon;
}

CodeDistribution VariationalAutoencoder::code_distribution(const Variable& x) const {
    const Variable both = features(x);
    const Index latent = both.extent(1) / 2;
    return {.mean = slice(both, {.axis = 1, .begin = 0, .end = latent}),
            .log_variance = slice(both, {.axis = 1, .begin = latent, .end = 2 * latent})};
}

Variable VariationalLoss::sum() const { return reconstruction + divergence; }

VariationalLoss variational_loss(const VariationalAutoencoder& model, const Variable& x, const Variable& epsilon) {
    const CodeDistribution q = model.code_distribution(x);
    const auto numbers_an_image = static_cast<double>(x.size() / x.extent(0));
    return {.reconstruction = numbers_an_image * binary_cross_entropy_with_logits(model.decode(q.codes(epsilon)), x),
            .divergence = kl_divergence(q.mean, q.log_variance)};
}

}  // namespace adjoint
