#include "layers/batch_norm.h"

#include "framework/ops/batch_normalize.h"
#include "framework/ops/elementwise.h"

namespace adjoint {

BatchNorm::BatchNorm(const BatchNormOptions& options, const Random& random)
    : scale(parameter("scale", options.scale({options.channels}, {1.0, 1.0}, random))),
      shift(parameter("shift", Tensor::zeros({options.channels}))),
      running_mean(buffer("running_mean", Tensor::zeros({options.channels}))),
      running_variance(buffer("running_variance", Tensor::ones({options.channels}))),
      epsilon_(options.epsilon),
      momentum_(options.momentum),
      activation_(options.activation) {}

Variable BatchNorm::forward(const Variable& x) const {
    require(x.rank() >= 2 && x.extent(-1) == scale.shape()[0], "BatchNorm: input must be [..., {}]; got {}",
            scale.shape()[0], x.shape());
    if (!training()) {
        return activation_((x - running_mean) * gain() + shift);
    }
    const double count = static_cast<double>(x.size() / x.extent(-1));
    require(count > 1, "BatchNorm: in training a channel needs more than one value; got {}", x.shape());
    const ChannelMoments batch = channel_moments(x.value());
    const auto follow = [this](const Buffer& running, const Variable& moment) {
        running.assign((running + momentum_ * (moment - running)).value());
    };
    follow(running_mean, batch.mean);
    follow(running_variance, Variable(batch.variance) * (count / (count - 1.0)));
    return batch_normalize(x, scale, shift, batch, {.epsilon = epsilon_, .activation = activation_});
}

Variable BatchNorm::gain() const { return scale / sqrt(running_variance + epsilon_); }

}  // namespace adjoint
