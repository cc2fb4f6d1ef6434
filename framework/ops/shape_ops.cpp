#include "framework/ops/shape_ops.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <numeric>

#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/processes.h"

namespace adjoint {
namespace {

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

// Of a batch: the elements of one of its items.
Index item_size(const Shape& shape) { return element_count(shape) / std::max<Index>(1, shape.front()); }

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
    if (x.rank() > 0 && order[0] % x.rank() != 0) require_whole("transpose", x.value());
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
    const Tensor y = Tensor::build(shape, x.dtype(), [&]<Scalar T>(std::span<T> out) {
        parallel_ranges(x.size(), elementwise_grain, [&, in = x.value().data<T>().data()](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) {
                Index rest = i, offset = 0;
                for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
                    offset += rest % shape[axis] * strides[axis];
                out[i] = in[offset];
            }
        });
    });
    return record(y, {{x, [inverse](const Variable& g) { return transpose(g, inverse); }}}, {{"axes", order}});
}

Variable slice(const Variable& x, Slice range) {
    const Index axis = normalize_axis("slice", x.shape(), range.axis), extent = x.extent(axis);
    const Index begin = range.begin < 0 ? range.begin + extent : range.begin;
    const Index end = range.end < 0 ? range.end + extent : range.end;
    require(0 <= begin && begin <= end && end <= extent,
            "slice: the range must lie in axis {}; got [{}, {}) of shape {}", axis, range.begin, range.end, x.shape());
    require_whole("slice", x.value(), axis);
    const Shape shape = with_extent(x.shape(), axis, end - begin);
    const Tensor y = Tensor::build(shape, x.dtype(), [&]<Scalar T>(std::span<T> out) {
        copy_entries<T>(x.value(), axis, begin, end - begin, out.data(), end - begin, 0);
    });
    return record(
        y, {{x, [=](const Variable& g) { return pad(g, {.axis = axis, .before = begin, .after = extent - end}); }}},
        {{"range", Slice{.axis = axis, .begin = begin, .end = end}}});
}

Variable pad(const Variable& x, Margin margin) {
    const Index axis = normalize_axis("pad", x.shape(), margin.axis), extent = x.extent(axis);
    require(margin.before >= 0 && margin.after >= 0, "pad: margins must not be negative; got {} before and {} after",
            margin.before, margin.after);
    require_whole("pad", x.value(), axis);
    for (const Index side : {margin.before, margin.after}) element_count(with_extent(x.shape(), axis, side), "pad");
    const Index padded = margin.before + extent + margin.after;
    const Shape shape = with_extent(x.shape(), axis, padded);
    const Tensor y = Tensor::build(shape, x.dtype(), [&]<Scalar T>(std::span<T> out) {
        std::ranges::fill(out, T{0});
        copy_entries<T>(x.value(), axis, 0, extent, out.data(), padded, margin.before);
    });
    return record(y,
                  {{x,
                    [=](const Variable& g) {
                        return slice(g, {.axis = axis, .begin = margin.before, .end = margin.before + extent});
                    }}},
                  {{"margin", Margin{.axis = axis, .before = margin.before, .after = margin.after}}});
}

Variable concatenate(const std::vector<Variable>& parts, Index axis) {
    require(!parts.empty(), "concatenate: there must be at least one part; got none");
    const Variable& first = parts.front();
    axis = normalize_axis("concatenate", first.shape(), axis);
    Index total = 0;
    for (const Variable& part : parts) {
        require_same_dtype("concatenate", first.value(), part.value());
        require_whole("concatenate", part.value(), axis);
        require(
            part.rank() == first.rank() && with_extent(part.shape(), axis, 0) == with_extent(first.shape(), axis, 0),
            "concatenate: shapes must agree but for axis {}; got {} and {}", axis, first.shape(), part.shape());
        total += part.extent(axis);
    }
    std::vector<Edge> edges;
    const Shape shape = with_extent(first.shape(), axis, total);
    const Tensor y = Tensor::build(shape, first.dtype(), [&]<Scalar T>(std::span<T> out) {
        Index begin = 0;
        for (const Variable& part : parts) {
            const Index end = begin + part.extent(axis);
            copy_entries<T>(part.value(), axis, 0, end - begin, out.data(), total, begin);
            edges.push_back(
                {part, [=](const Variable& g) { return slice(g, {.axis = axis, .begin = begin, .end = end}); }});
            begin = end;
        }
    });
    return record(y, std::move(edges), {{"axis", axis}});
}

Variable stack(const std::vector<Variable>& parts, Index axis) {
    require(!parts.empty(), "stack: there must be at least one part; got none");
    const Variable& first = parts.front();
    Shape slot = first.shape();
    slot.push_back(1);
    axis = normalize_axis("stack", slot, axis);
    std::rotate(slot.begin() + axis, slot.end() - 1, slot.end());
    std::vector<Variable> slots;
    for (const Variable& part : parts) {
        require_same_dtype("stack", first.value(), part.value());
        require(part.shape() == first.shape(), "stack: shapes must agree; got {} and {}", first.shape(), part.shape());
        slots.push_back(reshape(part, slot));
    }
    return concatenate(slots, axis);
}

std::vector<Variable> split(const Variable& x, const std::vector<Index>& sizes, Index axis) {
    axis = normalize_axis("split", x.shape(), axis);
    const auto negative = [](Index size) { return size < 0; };
    require(std::ranges::none_of(sizes, negative) &&
                std::accumulate(sizes.begin(), sizes.end(), Index{0}) == x.extent(axis),
            "split: the sizes must add up to axis {}'s extent; got {} of shape {}", axis, sizes, x.shape());
    std::vector<Variable> parts;
    Index begin = 0;
    for (const Index size : sizes) {
        parts.push_back(slice(x, {.axis = axis, .begin = begin, .end = begin + size}));
        begin += size;
    }
    return parts;
}

Variable flip(const Variable& x, const std::vector<Index>& axes) {
    Tensor y = x.value();
    for (const Index axis : normalize_axes("flip", x.shape(), axes)) {
        require_whole("flip", x.value(), axis);
        const Index extent = y.extent(axis);
        y = Tensor::build(y.shape(), y.dtype(), [&]<Scalar T>(std::span<T> out) {
            for (Index i = 0; i < extent; ++i) copy_entries<T>(y, axis, i, 1, out.data(), extent, extent - 1 - i);
        });
    }
    return record(y, {{x, [axes](const Variable& g) { return flip(g, axes); }}},
                  {{"axes", normalize_axes("flip", x.shape(), axes)}});
}

Variable pixel_shuffle(const Variable& x, Index r) {
    require_images("pixel_shuffle", x.shape());
    require(r >= 1 && x.extent(3) % r == 0 && x.extent(3) / r % r == 0,
            "pixel_shuffle: the channels must divide into {}·{}; got {}", r, r, x.shape());
    const Index N = x.extent(0), H = x.extent(1), W = x.extent(2), C = x.extent(3) / (r * r);
    return reshape(transpose(reshape(x, {N, H, W, r, r, C}), {0, 1, 3, 2, 4, 5}), {N, H * r, W * r, C});
}

Variable pixel_unshuffle(const Variable& y, Index r) {
    require_images("pixel_unshuffle", y.shape());
    require(r >= 1 && y.extent(1) % r == 0 && y.extent(2) % r == 0,
            "pixel_unshuffle: height and width must divide by {}; got {}", r, y.shape());
    const Index N = y.extent(0), H = y.extent(1) / r, W = y.extent(2) / r, C = y.extent(3);
    return reshape(transpose(reshape(y, {N, H, r, W, r, C}), {0, 1, 3, 2, 4, 5}), {N, H, W, element_count({r, r, C})});
}

GatherIndices::GatherIndices(Shape whole, Shape taken, std::vector<Index> indices)
    : whole_(std::move(whole)),
      taken_(std::move(taken)),
      indices_(std::make_shared<const std::vector<Index>>(std::move(indices))) {
    require(!whole_.empty() && !taken_.empty() && whole_.front() == taken_.front(),
            "GatherIndices: both shapes must begin with the same number of items; got {} and {}", whole_, taken_);
    require(std::ssize(*indices_) == element_count(taken_), "GatherIndices: there must be {} indices; got {}",
            element_count(taken_), indices_->size());
    const Index size = item_size(whole_);
    const auto outside = std::ranges::find_if(*indices_, [=](Index index) { return index < 0 || index >= size; });
    require(outside == indices_->end(), "GatherIndices: an index must be one of the {} of an item; got {}", size,
            outside == indices_->end() ? 0 : *outside);
}

Variable gather(const Variable& x, const GatherIndices& p) {
    require(x.shape() == p.whole(), "gather: the indices point into {}; got {}", p.whole(), x.shape());
    const ProfileScope scope("indexing");
    const Index whole = item_size(p.whole()), taken = item_size(p.taken());
    const Tensor y = Tensor::build(p.taken(), x.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T* const in = x.value().data<T>().data();
        parallel_ranges(std::ssize(out), elementwise_grain, [&](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) out[i] = in[i / taken * whole + p.indices()[i]];
        });
    });
    return record(y, {{x, [p](const Variable& g) { return scatter_add(g, p); }}});
}

Variable scatter_add(const Variable& y, const GatherIndices& p) {
    require(y.shape() == p.taken(), "scatter_add: the indices are for {}; got {}", p.taken(), y.shape());
    const ProfileScope scope("indexing");
    const Index whole = item_size(p.whole()), taken = item_size(p.taken());
    const Tensor x = Tensor::build(p.whole(), y.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T* const in = y.value().data<T>().data();
        // An item's elements are added by one thread in their order: several may come to one place.
        parallel_for(p.whole().front(), [&](Index n) {
            T* const item = out.data() + n * whole;
            std::fill_n(item, whole, T{0});
            for (Index i = n * taken; i < (n + 1) * taken; ++i) item[p.indices()[i]] += in[i];
        });
    });
    return record(x, {{y, [p](const Variable& g) { return gather(g, p); }}});
}

Variable index_select(const Variable& x, const Variable& indices, Index axis) {
    axis = normalize_axis("index_select", x.shape(), axis);
    require_whole("index_select", x.value(), axis);
    const Index extent = x.extent(axis), outer = product(x.shape(), 0, axis);
    const Index inner = product(x.shape(), axis + 1, x.rank());
    const std::vector<double> chosen = indices.value().to_vector();
    for (const double index : chosen) {
        require(index >= 0 && index < static_cast<double>(extent) && index == std::floor(index),
                "index_select: an index must be a whole number from 0 to {}; got {}", extent - 1, index);
    }
    std::vector<Index> places;
    places.reserve(outer * chosen.size() * inner);
    for (Index o = 0; o < outer; ++o) {
        for (const double index : chosen)
            for (Index i = 0; i < inner; ++i) places.push_back(static_cast<Index>(index) * inner + i);
    }
    const GatherIndices p({outer, extent * inner}, {outer, indices.size() * inner}, std::move(places));
    Shape shape = x.shape();
    shape.erase(shape.begin() + axis);
    shape.insert(shape.begin() + axis, indices.shape().begin(), indices.shape().end());
    return reshape(gather(reshape(x, p.whole()), p), shape);
}

}  // namespace adjoint
