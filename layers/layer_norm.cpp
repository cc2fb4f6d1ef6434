#include "layers/layer_norm.h"

#include <algorithm>
#include <numeric>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"

namespace adjoint {

LayerNorm::LayerNorm(const LayerNormOptions& options)
    : scale(parameter("scale", Tensor::ones(options.shape))),
      shift(parameter("shift", Tensor::zeros(options.shape))),
      epsilon_(options.epsilon) {
    require(!options.shape.empty(), "LayerNorm: there must be an axis to normalise over; got none");
}

Variable LayerNorm::forward(const Variable& x) const {
    const Shape& shape = scale.shape();
    require(x.rank() >= std::ssize(shape) && std::equal(shape.rbegin(), shape.rend(), x.shape().rbegin()),
            "LayerNorm: input must be [..., {}]; got {}", fmt::join(shape, ", "), x.shape());
    std::vector<Index> axes(shape.size());
    std::iota(axes.begin(), axes.end(), x.rank() - std::ssize(shape));
    return standardize(x, axes, epsilon_) * scale + shift;
}

}  // namespace adjoint
