#include "layers/batch_norm.h"

#include <numeric>

#include "framework/elementwise.h"
#include "framework/reduction.h"

namespace adjoint {

BatchNorm::BatchNorm(const BatchNormOptions& options, const Random& random)
    : scale(parameter("scale", options.scale({options.channels}, {1.0, 1.0}, random))),
      shift(parameter("shift", Tensor::zeros({options.channels}))),
      running_mean(buffer("running_mean", Tensor::zeros({options.channels}))),
      running_variance(buffer("running_variance", Tensor::ones({options.channels}))),
      epsilon_(options.epsilon),
      momentum_(options.momentum) {}

Variable BatchNorm::forward(const Variable& x) const {
    require(x.rank() >= 2 && x.extent(-1) == scale.shape()[0], "BatchNorm: input must be [..., {}]; got {}",
            scale.shape()[0], x.shape());
    if (!training()) return (x - running_mean) * (scale / sqrt(running_variance + epsilon_)) + shift;

    std::vector<Index> axes(static_cast<std::size_t>(x.rank() - 1));
    std::iota(axes.begin(), axes.end(), Index{0});
    const double count = static_cast<double>(x.size() / x.extent(-1));
    require(count > 1, "BatchNorm: in training a channel needs more than one value; got {}", x.shape());
    const Variable mu = mean(x, axes);
    const Variable centred = x - mu;
    const Variable variance = mean(centred * centred, axes);

    const auto follow = [this](const Buffer& running, const Variable& batch) {
        running.assign((running + momentum_ * (batch - running)).value());
    };
    follow(running_mean, constant(mu));
    follow(running_variance, constant(variance) * (count / (count - 1.0)));
    return centred * (scale / sqrt(variance + epsilon_)) + shift;
}

}  // namespace adjoint
