#include "layers/group_norm.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {

GroupNorm::GroupNorm(const GroupNormOptions& o) : channels_(o.channels), groups_(o.groups), epsilon_(o.epsilon) {
    require(o.groups >= 1 && o.channels >= 1 && o.channels % o.groups == 0,
            "GroupNorm: the channels must divide into the groups; got {} channels, {} groups", o.channels, o.groups);
    if (!o.affine) return;
    scale = parameter("scale", Tensor::ones({o.channels}));
    shift = parameter("shift", Tensor::zeros({o.channels}));
}

Variable GroupNorm::forward(const Variable& x) const {
    require(x.rank() >= 2 && x.extent(-1) == channels_, "GroupNorm: input must be [N, ..., {}]; got {}", channels_,
            x.shape());
    const Index size = channels_ / groups_;
    const Variable grouped = reshape(x, {x.extent(0), -1, groups_, size});
    require(grouped.extent(1) * size > 1, "GroupNorm: a group needs more than one value; got {} in {} groups",
            x.shape(), groups_);
    const Variable y = reshape(standardize(grouped, {1, 3}, epsilon_), x.shape());
    return scale ? y * *scale + *shift : y;
}

}  // namespace adjoint
