#include "layers/normalization.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <numeric>

#include "framework/ops/batch_normalize.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// Before anything is made of them.
const BatchNormOptions& checked(const BatchNormOptions& o) {
    require_at_least("BatchNorm", 1, {{"channels", static_cast<double>(o.channels)}});
    require_at_least("BatchNorm", 0, {{"epsilon", o.epsilon}, {"the activation's slope", o.activation.slope}});
    require(0.0 <= o.momentum && o.momentum <= 1.0, "BatchNorm: momentum must be from 0 to 1; got {}", o.momentum);
    return o;
}

}  // namespace

BatchNorm::BatchNorm(const BatchNormOptions& options, const Random& random)
    : scale(parameter("scale", checked(options).scale({options.channels}, {.in = 1.0, .out = 1.0}, random))),
      shift(parameter("shift", Tensor::zeros({options.channels}))),
      running_mean(buffer("running_mean", Tensor::zeros({options.channels}))),
      running_variance(buffer("running_variance", Tensor::ones({options.channels}))),
      options_(options) {}

Variable BatchNorm::forward(const Variable& x) const {
    require(x.rank() >= 2 && x.extent(-1) == scale.shape()[0], "BatchNorm: input must be [..., {}]; got {}",
            scale.shape()[0], x.shape());
    require_same_dtype("BatchNorm", x.value(), scale.value());
    const BatchNormalizeOptions options = {.epsilon = options_.epsilon, .activation = options_.activation};
    if (!training()) return normalize_by(x, scale, shift, running_mean, running_variance, options);
    const auto count = static_cast<double>(values_a_channel(x.value()));
    require(count > 1, "BatchNorm: in training a channel needs more than one value; got {}", x.shape());
    const ChannelMoments batch = channel_moments(x.value());
    const auto follow = [this](const Buffer& running, const Variable& moment) {
        running.assign(((1.0 - options_.momentum) * running + options_.momentum * moment).value());
    };
    follow(running_mean, batch.mean);
    follow(running_variance, Variable(batch.variance) * (count / (count - 1.0)));
    return batch_normalize(x, scale, shift, batch, options);
}

Variable BatchNorm::gain() const { return scale / sqrt(running_variance + options_.epsilon); }

LayerNorm::LayerNorm(const LayerNormOptions& options)
    : scale(parameter("scale", Tensor::ones(options.shape))),
      shift(parameter("shift", Tensor::zeros(options.shape))),
      epsilon_(options.epsilon) {
    require(!options.shape.empty(), "LayerNorm: there must be an axis to normalise over; got none");
    require(element_count(options.shape) > 0, "LayerNorm: shape has an empty axis; got {}", options.shape);
    require_at_least("LayerNorm", 0, {{"epsilon", options.epsilon}});
}

Variable LayerNorm::forward(const Variable& x) const {
    const Shape& shape = scale.shape();
    require(x.rank() >= std::ssize(shape) && std::equal(shape.rbegin(), shape.rend(), x.shape().rbegin()),
            "LayerNorm: input must be [..., {}]; got {}", fmt::join(shape, ", "), x.shape());
    std::vector<Index> axes(shape.size());
    std::iota(axes.begin(), axes.end(), x.rank() - std::ssize(shape));
    return standardize(x, axes, epsilon_) * scale + shift;
}

GroupNorm::GroupNorm(const GroupNormOptions& o) : options_(o) {
    require(o.groups >= 1 && o.channels >= 1 && o.channels % o.groups == 0,
            "GroupNorm: the channels must divide into the groups; got {} channels, {} groups", o.channels, o.groups);
    require_at_least("GroupNorm", 0, {{"epsilon", o.epsilon}});
    if (!o.affine) return;
    scale = parameter("scale", Tensor::ones({o.channels}));
    shift = parameter("shift", Tensor::zeros({o.channels}));
}

Variable GroupNorm::forward(const Variable& x) const {
    const auto [channels, groups, epsilon, affine] = options_;
    require(x.rank() >= 2 && x.extent(-1) == channels, "GroupNorm: input must be [N, ..., {}]; got {}", channels,
            x.shape());
    const Variable grouped = reshape(x, {x.extent(0), -1, groups, channels / groups});
    require(grouped.extent(1) * grouped.extent(3) > 1,
            "GroupNorm: a group needs more than one value; got {} in {} groups", x.shape(), groups);
    const Variable y = reshape(standardize(grouped, {1, 3}, epsilon), x.shape());
    return affine ? y * *scale + *shift : y;
}

}  // namespace adjoint
