#include "layers/losses/losses.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <limits>
#include <numeric>

#include "framework/ops/loops.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"

namespace adjoint {

namespace {

// What broadcasts in any other way is nearly always a mistake.
void require_target(const char* loss, const Variable& y, const Variable& t) {
    require(t.shape() == y.shape() || t.shape().empty(),
            "{}: the target must have the prediction's shape or be a single number; got {} and {}", loss, y.shape(),
            t.shape());
}

Variable error_of(const char* loss, const Variable& y, const Variable& t) {
    require_target(loss, y, t);
    return y - t;
}

// sigmoid(x) − t, of which nothing cancels where a sure x is right.
Variable logistic_error(const Variable& x, const Variable& t) {
    const auto error = [](auto v, auto u) {
        const auto e = std::exp(-std::abs(v)), small = e / (1 + e);  // sigmoid(−|v|)
        return v > 0 ? (1 - u) - small : small - u;
    };
    return record(zip("binary_cross_entropy_with_logits", x.value(), t.value(), error),
                  {{x, [x](const Variable& g) { return g * sigmoid(x) * sigmoid(-x); }},
                   {t, [extents = Extents(t)](const Variable& g) { return sum_as(-g, extents); }}});
}

// eˣ − 1 − x, of which nothing cancels near 0.
Variable exp_beyond_line(const Variable& x) {
    const auto value = [](auto v) {
        using T = decltype(v);
        const T e = std::expm1(v);
        if (!(std::abs(v) < 1)) return e < std::numeric_limits<T>::infinity() ? e - v : e;
        T series = 1;  // x²/2·(1 + x/3·(1 + x/4·(…)))
        for (int k = 20; k > 2; --k) series = 1 + v / T(k) * series;
        return v * v / 2 * series;
    };
    return record(map(x.value(), value), {{x, [x](const Variable& g) { return g * expm1(x); }}});
}

}  // namespace

Variable mean_squared_error(const Variable& y, const Variable& t) {
    return mean(square(error_of("mean_squared_error", y, t)));
}

Variable mean_absolute_error(const Variable& y, const Variable& t) {
    return mean(abs(error_of("mean_absolute_error", y, t)));
}

Variable huber(const Variable& y, const Variable& t, double delta) {
    require(delta > 0.0, "huber: delta must be positive; got {}", delta);
    const Variable e = error_of("huber", y, t);
    const auto loss = [delta](auto v) {
        // With m = min(|e|, delta) both cases are m·(|e| − m/2), of which no large squares cancel.
        const auto size = std::abs(v), m = std::min(size, decltype(v)(delta));
        return m * (size - m / 2);
    };
    const auto pullback = [e, delta](const Variable& g) { return g * clamp(e, {.min = -delta, .max = delta}); };
    return mean(record(map(e.value(), loss), {{e, pullback}}));
}

Variable binary_cross_entropy_with_logits(const Variable& x, const Variable& t) {
    require_target("binary_cross_entropy_with_logits", x, t);
    const auto loss = [](auto v, auto u) {
        // Together, as v·(1 − u) for positive v, so that large terms do not cancel; what is as sure as ∞ and right
        // loses nothing.
        const auto share = v > 0 ? 1 - u : -u;
        return (share == 0 ? 0 : v * share) + std::log1p(std::exp(-std::abs(v)));
    };
    const Variable y = zip("binary_cross_entropy_with_logits", x.value(), t.value(), loss);
    return mean(record(y, {{x, [x, t](const Variable& g) { return g * logistic_error(x, t); }},
                           {t, [x, t](const Variable& g) { return sum_as(-g * x, Extents(t)); }}}));
}

Variable cross_entropy(const Variable& x, const std::vector<int>& labels) {
    require(x.rank() == 2 && x.extent(0) == std::ssize(labels),
            "cross_entropy: logits must be [N, classes] with N labels; got {} and {} labels", x.shape(), labels.size());
    for (std::size_t n = 0; n < labels.size(); ++n) {
        require(0 <= labels[n] && labels[n] < x.extent(1),
                "cross_entropy: label {} is not one of {} classes; got it for row {}", labels[n], x.extent(1), n);
    }
    const GatherIndices of_labels(x.shape(), {x.extent(0)}, {labels.begin(), labels.end()});
    return -mean(gather(log_softmax(x), of_labels));
}

Variable kl_divergence(const Variable& mean, const Variable& log_variance) {
    require(mean.rank() == 2 && mean.shape() == log_variance.shape(),
            "kl_divergence: mean and log_variance must be of one shape [N, latent]; got {} and {}", mean.shape(),
            log_variance.shape());
    const double latent = static_cast<double>(mean.extent(1));
    return 0.5 * latent * adjoint::mean(exp_beyond_line(log_variance) + mean * mean);
}

Variable gradient_norms(const Module& critic, const Variable& real, const Variable& fake, const Random& random) {
    require(real.shape() == fake.shape() && real.rank() >= 2,
            "gradient_norms: real and fake must have one shape [N, …] of two axes or more; got {} and {}", real.shape(),
            fake.shape());
    Shape one_an_image(static_cast<std::size_t>(real.rank()), 1);
    one_an_image[0] = real.extent(0);
    const auto first = static_cast<std::uint64_t>(first_image(real.value()));
    const Variable u = random.uniform(one_an_image, real.dtype(), first);
    const Variable x_hat = u * real + (1.0 - u) * fake;

    Tape tape({x_hat});
    const Variable scores = critic(x_hat);
    // The sum of the scores has for each image the gradient of its own.
    const Variable slopes = tape.gradient(sum(scores)).front();

    std::vector<Index> axes(static_cast<std::size_t>(real.rank() - 1));
    std::iota(axes.begin(), axes.end(), Index{1});
    constexpr double tiny = 1e-12;  // a norm of 0 has no derivative, and that of √(0 + tiny) is 0
    const Variable s = power_of_two(slopes.value(), axes, std::sqrt(tiny));
    const Variable z = slopes / s;
    return reshape(s * sqrt(sum(z * z, axes, Keep::yes) + tiny / s / s), {real.extent(0)});
}

Variable gradient_penalty(const Module& critic, const Variable& real, const Variable& fake, const Random& random) {
    return mean(square(gradient_norms(critic, real, fake, random) - 1.0));
}

}  // namespace adjoint
