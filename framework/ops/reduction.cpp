#include "framework/ops/reduction.h"

#include <algorithm>
#include <limits>

#include "framework/kernels/loops.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
Variable sum(const Variable& x, const std::vector<Index>& axes, Keep keep) {
    const std::vector<Index> reduced = normalize_axes("sum", x.shape(), axes);
    const Shape kept = without_axes(x.shape(), reduced, /*keep=*/true);
    return record(
        reduce_axes(x.value(), reduced, 0.0, std::plus<>{}, keep == Keep::yes),
        {{x, [kept, shape = x.shape()](const Variable& g) { return broadcast_to(reshape(g, kept), shape); }}});
}

Variable mean(const Variable& x, const std::vector<Index>& axes, Keep keep) {
    const Shape kept = without_axes(x.shape(), normalize_axes("mean", x.shape(), axes), /*keep=*/true);
    return sum(x, axes, keep) / (static_cast<double>(x.size()) / static_cast<double>(element_count(kept)));
}

Variable max(const Variable& x, Index axis, Keep keep) {
    const std::vector<Index> reduced = normalize_axes("max", x.shape(), {axis});
    require(x.extent(axis) > 0, "max: there must be an element along axis {}; got shape {}", axis, x.shape());
    const Tensor largest =
        reduce_axes(x.value(), reduced, -std::numeric_limits<double>::infinity(), larger, /*keep=*/true);
    return record(largest.reshaped(without_axes(x.shape(), reduced, keep == Keep::yes)),
                  {{x, [x, largest, reduced](const Variable& g) {
                        const auto equal = [](auto p, auto q) -> decltype(p) { return p == q ? 1 : 0; };
                        const Variable winners = zip("max", x.value(), largest, equal);
                        return reshape(g, largest.shape()) * (winners / sum(winners, reduced, Keep::yes));
                    }}});
}

Variable log_softmax(const Variable& x, Index axis) {
    axis = normalize_axes("log_softmax", x.shape(), {axis}).front();
    const Variable values = stop_gradient(x);
    const Variable shifted = values - max(values, axis, Keep::yes);  // the same for any shift, and exp stays finite
    const Variable y = shifted - log(sum(exp(shifted), {axis}, Keep::yes));
    return record(y, {{x, [y, axis](const Variable& g) { return g - exp(y) * sum(g, {axis}, Keep::yes); }}});
}

Variable softmax(const Variable& x, Index axis) { return exp(log_softmax(x, axis)); }

Variable standardize(const Variable& x, const std::vector<Index>& axes, double epsilon) {
    const Variable centred = x - mean(x, axes, Keep::yes);
    return centred / sqrt(mean(centred * centred, axes, Keep::yes) + epsilon);
}

Variable sum_to(const Variable& x, const Shape& shape) {
    if (x.shape() == shape) return x;
    require(broadcasts_to(shape, x.shape()), "sum_to: {} does not broadcast to {}", shape, x.shape());
    const Index extra = x.rank() - std::ssize(shape);
    std::vector<Index> repeated;
    for (Index axis = 0; axis < x.rank(); ++axis) {
        if (axis < extra || (shape[axis - extra] == 1 && x.extent(axis) != 1)) repeated.push_back(axis);
    }
    return reshape(sum(x, repeated), shape);
}

Variable broadcast_to(const Variable& x, const Shape& shape) {
    if (x.shape() == shape) return x;
    require(broadcasts_to(x.shape(), shape), "broadcast_to: {} does not broadcast to {}", x.shape(), shape);
    const Tensor target = Tensor::zeros(shape, x.dtype());
    return record(zip("broadcast_to", x.value(), target, [](auto p, auto) { return p; }),
                  {{x, [shape = x.shape()](const Variable& g) { return sum_to(g, shape); }}});
}

}  // namespace adjoint
