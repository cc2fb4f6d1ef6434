#include "framework/ops/reduction.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <limits>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduce_loops.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// An axis that has elements, as the only one of a list.
std::vector<Index> axis_with_elements(const char* operation, const Variable& x, Index axis) {
    const std::vector<Index> axes = normalize_axes(operation, x.shape(), {axis});
    require_whole(operation, x.value(), axes.front());
    require(x.extent(axis) > 0, "{}: there must be an element along axis {}; got shape {}", operation, axis, x.shape());
    return axes;
}

// The end of a reduction that leaves the combination as it is.
constexpr auto as_combined = [](auto combined, Index) { return combined; };

// The one of an axis's elements that `choose` prefers to all others, and to `worst`.
template <class Choose>
Variable extremum(const char* operation, const Variable& x, Index axis, Keep keep, double worst, Choose choose) {
    const std::vector<Index> reduced = axis_with_elements(operation, x, axis);
    const Tensor best = reduce_axes(x.value(), reduced, worst, choose, as_combined, /*keep=*/true);
    const auto pullback = [x, best, reduced](const Variable& g) {
        const auto wins = [](auto p, auto q) -> decltype(p) { return p == q || p != p ? 1 : 0; };
        const Variable winners = zip("extremum", x.value(), best, wins);
        return where(winners, reshape(g, best.shape()), scalar(0.0, g)) / sum(winners, reduced, Keep::yes);
    };
    return record(best.reshaped(without_axes(x.shape(), reduced, keep == Keep::yes)), {{x, pullback}},
                  {{"axes", reduced}}, operation);
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
        reduce_axes(x.value(), reduced, 0.0, std::plus<>{}, as_combined, keep == Keep::yes),
        {{x, [kept, extents = Extents(x)](const Variable& g) { return broadcast_as(reshape(g, kept), extents); }}},
        {{"axes", reduced}});
}

Variable mean(const Variable& x, const std::vector<Index>& axes, Keep keep) {
    const std::vector<Index> reduced = normalize_axes("mean", x.shape(), axes);
    const Shape kept = without_axes(x.shape(), reduced, /*keep=*/true);
    const auto count = static_cast<double>(reduced_count(x.value(), reduced));
    // Divided before it is rounded to the element type, in which the sum might be infinite.
    const auto share = [](auto sum, Index terms) { return sum / static_cast<decltype(sum)>(terms); };
    return record(reduce_axes(x.value(), reduced, 0.0, std::plus<>{}, share, keep == Keep::yes),
                  {{x, [kept, count, extents = Extents(x)](
                           const Variable& g) { return broadcast_as(reshape(g / count, kept), extents); }}},
                  {{"axes", reduced}});
}

Variable var(const Variable& x, const std::vector<Index>& axes, Keep keep, Index correction) {
    const std::vector<Index> reduced = normalize_axes("var", x.shape(), axes);
    const Index count = reduced_count(x.value(), reduced);
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
    require_whole("argmax", x.value(), reduced.front());
    const Lines lines(x.shape(), reduced.front());
    const Shape shape = without_axes(x.shape(), reduced, keep == Keep::yes);
    const Tensor y = Tensor::build<double>(shape, [&](std::span<double> out) {
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
    return y.divided_as(x.value());
}

Variable cumsum(const Variable& x, Index axis) {
    axis = normalize_axis("cumsum", x.shape(), axis);
    require_whole("cumsum", x.value(), axis);
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
    return record(y, {{x, [axis](const Variable& g) { return flip(cumsum(flip(g, {axis}), axis), {axis}); }}},
                  {{"axis", axis}});
}

Variable log_softmax(const Variable& x, Index axis) {
    axis = normalize_axis("log_softmax", x.shape(), axis);
    // The same for any shift, and exp stays finite. ∞ is 0 from itself, which gives the limit.
    const auto distance = [](auto p, auto q) { return p == q && p > 0 ? 0 : p - q; };
    const Variable shifted = zip("log_softmax", x.value(), max(stop_gradient(x), axis, Keep::yes).value(), distance);
    // log Σ exp(shifted) = log(1 + others), where one of the largest elements gives the 1 and the rest may be tiny.
    const auto largest = [](auto v) -> decltype(v) { return v == 0 ? 1 : 0; };
    const auto rest = [](auto v) { return v == 0 ? v : std::exp(v); };
    const auto along = [&](auto f) { return sum(map(shifted.value(), f), {axis}, Keep::yes); };
    const Variable others = along(rest) + (along(largest) - 1.0);
    const Variable y = shifted - map(others.value(), [](auto v) { return std::log1p(v); });
    // g − eʸ·Σg, written so that nothing is lost where eʸ is nearly 1.
    return record(
        y, {{x, [y, axis](const Variable& g) { return -(g * expm1(y) + exp(y) * (sum(g, {axis}, Keep::yes) - g)); }}},
        {{"axis", axis}});
}

Variable softmax(const Variable& x, Index axis) { return exp(log_softmax(x, axis)); }

Tensor power_of_two(const Tensor& x, const std::vector<Index>& axes, double least) {
    const auto magnitude = [](auto p, auto q) { return larger(p, std::abs(q)); };
    const auto below = [](auto m, Index) { return std::isfinite(m) ? std::scalbn(decltype(m)(1), std::ilogb(m)) : 1; };
    return reduce_axes(x, normalize_axes("power_of_two", x.shape(), axes), least, magnitude, below, /*keep=*/true);
}

Variable standardize(const Variable& x, const std::vector<Index>& axes, double epsilon) {
    require_at_least("standardize", 0, {{"epsilon", epsilon}});
    // y, and r, of z = (x − μ) / s, whose squares are finite.
    const auto parts = [=](const Variable& v) {
        const Variable centred = v - mean(v, axes, Keep::yes);
        const Variable s = power_of_two(centred.value(), axes, std::sqrt(epsilon));
        const Variable z = centred / s, root = sqrt(mean(z * z, axes, Keep::yes) + epsilon / s / s);
        return std::pair(z / root, 1.0 / root / s);
    };
    const auto pullback = [=](const Variable& g) {
        const auto [y, r] = parts(x);
        return r * (g - mean(g, axes, Keep::yes) - y * mean(g * y, axes, Keep::yes));
    };
    return record(parts(stop_gradient(x)).first, {{x, pullback}},
                  {{"axes", normalize_axes("standardize", x.shape(), axes)}, {"epsilon", epsilon}});
}

Variable sum_to(const Variable& x, const Shape& shape) { return sum_as(x, Extents(shape)); }

Variable broadcast_to(const Variable& x, const Shape& shape) { return broadcast_as(x, Extents(shape)); }

Variable sum_as(const Variable& x, const Extents& extents) {
    const auto& [shape, batch] = extents;
    // Of a batch of which there is one image here, or none, there may be others elsewhere.
    const bool over_batch = x.value().batch() > 0 && batch == 0;
    if (x.shape() == shape && !over_batch) return x;
    require(broadcasts_to(shape, x.shape()), "sum_to: {} does not broadcast to {}", shape, x.shape());
    const Index extra = x.rank() - std::ssize(shape);
    std::vector<Index> repeated;
    for (Index axis = 0; axis < x.rank(); ++axis) {
        const bool several = x.extent(axis) != 1 || (axis == 0 && over_batch);
        if (axis < extra || (shape[axis - extra] == 1 && several)) repeated.push_back(axis);
    }
    return reshape(sum(x, repeated), shape);
}

Variable broadcast_as(const Variable& x, const Extents& extents) {
    const auto& [shape, batch] = extents;
    const bool over_batch = batch > 0 && x.value().batch() == 0;
    if (x.shape() == shape && !over_batch) return x;
    require(broadcasts_to(x.shape(), shape), "broadcast_to: {} does not broadcast to {}", x.shape(), shape);
    const Tensor target = Tensor::zeros(shape, x.dtype());
    const Tensor y = zip("broadcast_to", x.value(), target, [](auto p, auto) { return p; });
    return record(over_batch ? y.with_batch(batch) : y,
                  {{x, [own = Extents(x)](const Variable& g) { return sum_as(g, own); }}});
}

}  // namespace adjoint
