#include "framework/ops/reduction.h"

#include <algorithm>
#include <limits>

#include "framework/kernels/loops.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// An axis that has elements, as the only one of a list.
std::vector<Index> axis_with_elements(const char* operation, const Variable& x, Index axis) {
    const std::vector<Index> axes = normalize_axes(operation, x.shape(), {axis});
    require(x.extent(axis) > 0, "{}: there must be an element along axis {}; got shape {}", operation, axis, x.shape());
    return axes;
}

// The one of an axis's elements that `choose` prefers to all others, and to `worst`.
template <class Choose>
Variable extremum(const char* operation, const Variable& x, Index axis, Keep keep, double worst, Choose choose) {
    const std::vector<Index> reduced = axis_with_elements(operation, x, axis);
    const Tensor best = reduce_axes(x.value(), reduced, worst, choose, /*keep=*/true);
    const auto pullback = [x, best, reduced](const Variable& g) {
        const Variable winners = equal(x, best);
        return where(winners, reshape(g, best.shape()), scalar(0.0, g)) / sum(winners, reduced, Keep::yes);
    };
    return record(best.reshaped(without_axes(x.shape(), reduced, keep == Keep::yes)), {{x, pullback}}, {}, operation);
}

// The lines of elements along an axis: line l has them at first(l), first(l) + stride, …
struct Lines {
    Index extent, stride, count;

    Lines(const Shape& shape, Index axis)
        : extent(shape[axis]),
          stride(element_count(Shape(shape.begin() + axis + 1, shape.end()))),
          count(element_count(without_axes(shape, {axis}, /*keep=*/false))) {}

    Index first(Index line) const { return line / stride * extent * stride + line % stride; }
};

}  // namespace

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

Variable var(const Variable& x, const std::vector<Index>& axes, Keep keep, Index correction) {
    const std::vector<Index> reduced = normalize_axes("var", x.shape(), axes);
    Index count = 1;
    for (const Index axis : reduced) count *= x.extent(axis);
    require(count > correction, "var: there must be more than {} elements along the axes; got shape {}", correction,
            x.shape());
    return sum(square(x - mean(x, axes, Keep::yes)), axes, keep) / static_cast<double>(count - correction);
}

Variable prod(const Variable& x, const std::vector<Index>& axes, Keep keep) {
    const std::vector<Index> reduced = normalize_axes("prod", x.shape(), axes);
    Variable y = x;
    for (const Index axis : reduced) {
        if (y.extent(axis) == 0) y = sum(y, {axis}, Keep::yes) + 1.0;
        // One half of the axis times the other, until one element is left: no pullback divides by an element.
        while (y.extent(axis) > 1) {
            const Index n = y.extent(axis), half = n / 2;
            const Variable pairs =
                slice(y, {.axis = axis, .end = half}) * slice(y, {.axis = axis, .begin = half, .end = 2 * half});
            y = n % 2 == 0 ? pairs : concatenate({pairs, slice(y, {.axis = axis, .begin = n - 1, .end = n})}, axis);
        }
    }
    return reshape(y, without_axes(x.shape(), reduced, keep == Keep::yes));
}

Variable max(const Variable& x, Index axis, Keep keep) {
    return extremum("max", x, axis, keep, -std::numeric_limits<double>::infinity(), larger);
}

Variable min(const Variable& x, Index axis, Keep keep) {
    return extremum("min", x, axis, keep, std::numeric_limits<double>::infinity(), smaller);
}

Tensor argmax(const Variable& x, Index axis, Keep keep) {
    const std::vector<Index> reduced = axis_with_elements("argmax", x, axis);
    const Lines lines(x.shape(), reduced.front());
    return Tensor::build<double>(without_axes(x.shape(), reduced, keep == Keep::yes), [&](std::span<double> out) {
        dispatch(x.dtype(), [&]<Scalar T>() {
            parallel_rows(lines.count, lines.extent, [&, in = x.value().data<T>().data()](Index begin, Index end) {
                for (Index line = begin; line < end; ++line) {
                    const T* const elements = in + lines.first(line);
                    Index best = 0;
                    for (Index i = 1; i < lines.extent; ++i) {
                        const T leader = elements[best * lines.stride], next = elements[i * lines.stride];
                        if (leader == leader && !(next <= leader)) best = i;
                    }
                    out[line] = static_cast<double>(best);
                }
            });
        });
    });
}

Variable cumsum(const Variable& x, Index axis) {
    axis = normalize_axes("cumsum", x.shape(), {axis}).front();
    const Lines lines(x.shape(), axis);
    const Tensor y = Tensor::build(x.shape(), x.dtype(), [&]<Scalar T>(std::span<T> out) {
        parallel_rows(lines.count, lines.extent, [&, in = x.value().data<T>().data()](Index begin, Index end) {
            for (Index line = begin; line < end; ++line) {
                double total = 0.0;
                for (Index i = 0, place = lines.first(line); i < lines.extent; ++i, place += lines.stride)
                    out[place] = static_cast<T>(total += in[place]);
            }
        });
    });
    return record(y, {{x, [axis](const Variable& g) { return flip(cumsum(flip(g, {axis}), axis), {axis}); }}});
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
