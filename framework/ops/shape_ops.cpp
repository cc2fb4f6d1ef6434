#include "framework/ops/shape_ops.h"

#include <algorithm>
#include <numeric>

#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

constexpr Index grain = 1 << 15;  // elements a piece of parallel work

Index product(const Shape& shape, Index first, Index last) {
    return element_count(Shape(shape.begin() + first, shape.begin() + last));
}

// Copies `count` neighbouring entries of an axis, from x at `from` to out at `to`; both are [outer, extent, inner].
template <class T>
void copy_entries(const Tensor& x, Index axis, Index from, Index count, T* out, Index out_extent, Index to) {
    const Index outer = product(x.shape(), 0, axis), inner = product(x.shape(), axis + 1, x.rank());
    const T* const in = x.data<T>().data();
    for (Index o = 0; o < outer; ++o) {
        std::copy_n(in + (o * x.extent(axis) + from) * inner, count * inner, out + (o * out_extent + to) * inner);
    }
}

Index normalize_axis(const char* operation, const Variable& x, Index axis) {
    return normalize_axes(operation, x.shape(), {axis}).front();
}

Shape with_extent(Shape shape, Index axis, Index extent) {
    shape[axis] = extent;
    return shape;
}

}  // namespace

Variable reshape(const Variable& x, const Shape& shape) {
    if (x.shape() == shape) return x;
    return record(x.value().reshaped(shape),
                  {{x, [shape = x.shape()](const Variable& g) { return reshape(g, shape); }}});
}

Variable transpose(const Variable& x, std::vector<Index> order) {
    if (order.empty()) {
        order.resize(x.rank());
        std::iota(order.rbegin(), order.rend(), Index{0});
    }
    require(std::ssize(order) == x.rank() && std::ssize(normalize_axes("transpose", x.shape(), order)) == x.rank(),
            "transpose: each axis must be named once; got order {}, shape {}", order, x.shape());
    std::vector<Index> inverse(order.size());
    Shape shape(order.size());
    std::vector<Index> strides(order.size());  // of x, in the order of y's axes
    for (Index axis = 0; axis < x.rank(); ++axis) {
        Index& source = order[axis];
        if (source < 0) source += x.rank();
        inverse[source] = axis;
        shape[axis] = x.extent(source);
        strides[axis] = product(x.shape(), source + 1, x.rank());
    }
    const Tensor y = dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(shape, [&](std::span<T> out) {
            parallel_ranges(x.size(), grain, [&, in = x.value().data<T>().data()](Index begin, Index end) {
                for (Index i = begin; i < end; ++i) {
                    Index rest = i, offset = 0;
                    for (Index axis = std::ssize(shape) - 1; axis >= 0; --axis) {
                        offset += rest % shape[axis] * strides[axis];
                        rest /= shape[axis];
                    }
                    out[i] = in[offset];
                }
            });
        });
    });
    return record(y, {{x, [inverse](const Variable& g) { return transpose(g, inverse); }}});
}

Variable slice(const Variable& x, Slice range) {
    const Index axis = normalize_axis("slice", x, range.axis), extent = x.extent(axis);
    const Index begin = range.begin < 0 ? range.begin + extent : range.begin;
    const Index end = range.end < 0 ? range.end + extent : range.end;
    require(0 <= begin && begin <= end && end <= extent,
            "slice: the range must lie in axis {}; got [{}, {}) of shape {}", axis, range.begin, range.end, x.shape());
    const Tensor y = dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(with_extent(x.shape(), axis, end - begin), [&](std::span<T> out) {
            copy_entries<T>(x.value(), axis, begin, end - begin, out.data(), end - begin, 0);
        });
    });
    return record(
        y, {{x, [=](const Variable& g) { return pad(g, {.axis = axis, .before = begin, .after = extent - end}); }}});
}

Variable pad(const Variable& x, Margin margin) {
    const Index axis = normalize_axis("pad", x, margin.axis), extent = x.extent(axis);
    require(margin.before >= 0 && margin.after >= 0, "pad: margins must not be negative; got {} before and {} after",
            margin.before, margin.after);
    const Index padded = margin.before + extent + margin.after;
    const Tensor y = dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(with_extent(x.shape(), axis, padded), [&](std::span<T> out) {
            std::fill(out.begin(), out.end(), T{0});
            copy_entries<T>(x.value(), axis, 0, extent, out.data(), padded, margin.before);
        });
    });
    return record(y, {{x, [=](const Variable& g) {
                           return slice(g, {.axis = axis, .begin = margin.before, .end = margin.before + extent});
                       }}});
}

Variable concatenate(const std::vector<Variable>& parts, Index axis) {
    require(!parts.empty(), "concatenate: there must be at least one part; got none");
    const Variable& first = parts.front();
    axis = normalize_axis("concatenate", first, axis);
    Index total = 0;
    for (const Variable& part : parts) {
        require_same_dtype("concatenate", first.value(), part.value());
        require(
            part.rank() == first.rank() && with_extent(part.shape(), axis, 0) == with_extent(first.shape(), axis, 0),
            "concatenate: shapes must agree but for axis {}; got {} and {}", axis, first.shape(), part.shape());
        total += part.extent(axis);
    }
    std::vector<Edge> edges;
    const Tensor y = dispatch(first.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(with_extent(first.shape(), axis, total), [&](std::span<T> out) {
            Index begin = 0;
            for (const Variable& part : parts) {
                const Index extent = part.extent(axis);
                copy_entries<T>(part.value(), axis, 0, extent, out.data(), total, begin);
                edges.push_back({part, [=](const Variable& g) {
                                     return slice(g, {.axis = axis, .begin = begin, .end = begin + extent});
                                 }});
                begin += extent;
            }
        });
    });
    return record(y, std::move(edges));
}

Variable pixel_shuffle(const Variable& x, Index r) {
    require(x.rank() == 4, "pixel_shuffle: input must be [N, H, W, C]; got {}", x.shape());
    require(r >= 1 && x.extent(3) % (r * r) == 0, "pixel_shuffle: the channels must divide into {}·{}; got {}", r, r,
            x.shape());
    const Index N = x.extent(0), H = x.extent(1), W = x.extent(2), C = x.extent(3) / (r * r);
    return reshape(transpose(reshape(x, {N, H, W, r, r, C}), {0, 1, 3, 2, 4, 5}), {N, H * r, W * r, C});
}

Variable pixel_unshuffle(const Variable& y, Index r) {
    require(y.rank() == 4, "pixel_unshuffle: input must be [N, H, W, C]; got {}", y.shape());
    require(r >= 1 && y.extent(1) % r == 0 && y.extent(2) % r == 0,
            "pixel_unshuffle: height and width must divide by {}; got {}", r, y.shape());
    const Index N = y.extent(0), H = y.extent(1) / r, W = y.extent(2) / r, C = y.extent(3);
    return reshape(transpose(reshape(y, {N, H, r, W, r, C}), {0, 1, 3, 2, 4, 5}), {N, H, W, r * r * C});
}

}  // namespace adjoint
