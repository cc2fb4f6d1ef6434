#include "layers/losses/gan_losses.h"

#include <numeric>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"

namespace adjoint {

// −log sigmoid(s) = softplus(−s) and −log(1 − sigmoid(s)) = softplus(s), which neither overflow nor lose their
// gradient.

Variable minimax_discriminator_loss(const Variable& r, const Variable& f) {
    return mean(softplus(-r)) + mean(softplus(f));
}

Variable minimax_generator_loss(const Variable& f) { return -mean(softplus(f)); }

Variable non_saturating_generator_loss(const Variable& f) { return mean(softplus(-f)); }

Variable least_squares_discriminator_loss(const Variable& r, const Variable& f) {
    return (mean(power(r - 1.0, 2.0)) + mean(f * f)) / 2.0;
}

Variable least_squares_generator_loss(const Variable& f) { return mean(power(f - 1.0, 2.0)) / 2.0; }

Variable hinge_discriminator_loss(const Variable& r, const Variable& f) {
    return mean(relu(1.0 - r)) + mean(relu(1.0 + f));
}

Variable hinge_generator_loss(const Variable& f) { return -mean(f); }

Variable wasserstein_critic_loss(const Variable& r, const Variable& f) { return mean(f) - mean(r); }

Variable wasserstein_generator_loss(const Variable& f) { return -mean(f); }

Variable gradient_norms(const Module& critic, const Variable& real, const Variable& fake, const Random& random) {
    require(real.shape() == fake.shape() && real.rank() >= 2,
            "gradient_norms: real and fake must have one shape [N, …] of two axes or more; got {} and {}", real.shape(),
            fake.shape());
    Shape one_an_image(static_cast<std::size_t>(real.rank()), 1);
    one_an_image[0] = real.extent(0);
    const Variable u = random.uniform(one_an_image, real.dtype());
    const Variable between = u * real + (1.0 - u) * fake;

    Tape tape({between});
    const Variable scores = critic(between);
    // The sum of the scores has for each image the gradient of its own.
    const Variable slopes = tape.gradient(sum(scores)).front();

    std::vector<Index> axes(static_cast<std::size_t>(real.rank() - 1));
    std::iota(axes.begin(), axes.end(), Index{1});
    constexpr double tiny = 1e-12;  // a norm of 0 has no derivative, and that of √(0 + tiny) is 0
    return sqrt(sum(slopes * slopes, axes) + tiny);
}

Variable gradient_penalty(const Module& critic, const Variable& real, const Variable& fake, const Random& random) {
    return mean(power(gradient_norms(critic, real, fake, random) - 1.0, 2.0));
}

}  // namespace adjoint
