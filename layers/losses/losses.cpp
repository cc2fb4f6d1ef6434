#include "layers/losses/losses.h"

#include <numeric>

#include "framework/kernels/loops.h"

namespace adjoint {

Variable huber(const Variable& y, const Variable& t, double delta) {
    require(delta > 0.0, "huber: delta must be positive; got {}", delta);
    const Variable size = abs(y - t);
    // With m = min(|e|, delta) both cases are m·(|e| − m/2), of which no large squares cancel.
    const Variable m = negate(maximum(negate(size), scalar(-delta, size)));
    return mean(m * (size - 0.5 * m));
}

Variable binary_cross_entropy_with_logits(const Variable& x, const Variable& t) {
    const auto loss = [](auto v, auto u) {
        // Together, as v·(1 − u) for positive v, so that large terms do not cancel.
        const auto linear = v > 0 ? v * (1 - u) : -v * u;
        return linear + std::log1p(std::exp(-std::abs(v)));
    };
    const Variable y = zip("binary_cross_entropy_with_logits", x.value(), t.value(), loss);
    return mean(record(y, {{x, [x, t](const Variable& g) { return sum_to(g * (sigmoid(x) - t), x.shape()); }},
                           {t, [x, t](const Variable& g) { return sum_to(-g * x, t.shape()); }}}));
}

Variable cross_entropy(const Variable& x, const std::vector<int>& labels) {
    require(x.rank() == 2 && x.extent(0) == std::ssize(labels),
            "cross_entropy: logits must be [N, classes] with N labels; got {} and {} labels", x.shape(), labels.size());
    std::vector<double> one_hot(static_cast<std::size_t>(x.size()), 0.0);
    for (Index n = 0; n < x.extent(0); ++n) {
        require(0 <= labels[n] && labels[n] < x.extent(1),
                "cross_entropy: label {} is not one of {} classes; got it for row {}", labels[n], x.extent(1), n);
        one_hot[n * x.extent(1) + labels[n]] = 1.0;
    }
    const Variable target = Tensor(x.shape(), one_hot, x.dtype());
    return -sum(log_softmax(x) * target) / static_cast<double>(x.extent(0));
}

Variable kl_divergence(const Variable& mean, const Variable& log_variance) {
    require(mean.rank() == 2 && mean.shape() == log_variance.shape(),
            "kl_divergence: mean and log_variance must be of one shape [N, latent]; got {} and {}", mean.shape(),
            log_variance.shape());
    const Variable variance = exp(log_variance);
    return -0.5 * sum(1.0 + log_variance - mean * mean - variance) / static_cast<double>(mean.extent(0));
}

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
