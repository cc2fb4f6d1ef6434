#include "layers/losses/losses.h"

#include "framework/kernels/loops.h"
#include "framework/ops/reduction.h"

namespace adjoint {

Variable mean_squared_error(const Variable& y, const Variable& t) {
    const Variable e = y - t;
    return mean(e * e);
}

Variable mean_absolute_error(const Variable& y, const Variable& t) { return mean(abs(y - t)); }

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

Variable binary_cross_entropy_with_logits(const Variable& x, double t) {
    return binary_cross_entropy_with_logits(x, scalar(t, x));
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

}  // namespace adjoint
