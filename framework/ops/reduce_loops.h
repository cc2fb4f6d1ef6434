// Loops that reduce: sums, maxima and the like over axes, in an order that the shape alone decides. Values only.
#pragma once

#include <algorithm>
#include <array>
#include <numeric>
#include <type_traits>
#include <vector>

#include "framework/ops/loops.h"
#include "framework/tensor/batch_blocks.h"

namespace adjoint {

/// What numbers of T are added up in: with so many more digits that no element decides what becomes of the others, and
/// so much more range that no sum on the way is infinite.
template <Scalar T>
using Wide = std::conditional_t<std::same_as<T, float>, double, long double>;

/// out[c] = combination of x[r, c] over r in [begin, end), in a fixed order; x has `columns` columns.
template <class T, class Combine>
void reduce_rows(const T* x, Index begin, Index end, Index columns, Wide<T> initial, Combine combine, Wide<T>* out) {
    constexpr Index lanes = 16;
    const auto with = [&](Wide<T> total, Index i) { return combine(total, Wide<T>{flushed(x[i])}); };
    if (columns == 1) {
        std::array<Wide<T>, lanes> partial;
        partial.fill(initial);
        Index i = begin;
        for (; i + lanes <= end; i += lanes) {
            for (Index lane = 0; lane < lanes; ++lane) partial[lane] = with(partial[lane], i + lane);
        }
        for (; i < end; ++i) partial[0] = with(partial[0], i);
        *out = initial;
        for (const Wide<T>& value : partial) *out = combine(*out, value);
    } else {
        std::fill_n(out, columns, initial);
        for (Index r = begin; r < end; ++r) {
            for (Index c = 0; c < columns; ++c) out[c] = with(out[c], r * columns + c);
        }
    }
}

/// out[c] = finish(combination of x[r, c] over the rows of all blocks), where each image has so many rows.
template <class T, class Combine, class Finish>
void reduce_blocks(const T* x, const BatchBlocks& blocks, Index an_image, Index columns, Wide<T> initial,
                   Combine combine, Finish finish, T* out) {
    const Scratch<Wide<T>> partial(blocks.count() * columns), totals(columns);
    const auto sum = [&](Index block) {
        reduce_rows(x, blocks.begin(block) * an_image, blocks.begin(block + 1) * an_image, columns, initial, combine,
                    partial.data() + block * columns);
    };
    if (blocks.begin(blocks.count()) * an_image * columns > elementwise_grain) {
        parallel_for(blocks.count(), sum);
    } else {
        parallel_for(1, [&](Index) {
            for (Index block = 0; block < blocks.count(); ++block) sum(block);
        });
    }
    combine_blocks(blocks, partial.data(), columns, combine, totals.data());
    for (Index c = 0; c < columns; ++c) out[c] = flushed(static_cast<T>(finish(totals.data()[c])));
}

/// out[a, c] = finish(combination of x[a, r, c] over r), for x of shape [outer, reduced, inner]. Long rows are cut into
/// blocks too: by their own size, so that no image is summed in another way where there are more of them.
template <class T, class Combine, class Finish>
void reduce(const T* x, Index outer, Index reduced, Index inner, Wide<T> initial, Combine combine, Finish finish,
            T* out) {
    const BatchBlocks blocks(reduced);
    if (reduced * inner > elementwise_grain && reduced >= blocks.count()) {
        for (Index a = 0; a < outer; ++a)
            reduce_blocks(x + a * reduced * inner, blocks, 1, inner, initial, combine, finish, out + a * inner);
        return;
    }
    parallel_rows(outer, reduced * inner, [&](Index begin, Index end) {
        const Scratch<Wide<T>> totals(inner);
        for (Index a = begin; a < end; ++a) {
            reduce_rows(x + a * reduced * inner, 0, reduced, inner, initial, combine, totals.data());
            for (Index c = 0; c < inner; ++c) out[a * inner + c] = flushed(static_cast<T>(finish(totals.data()[c])));
        }
    });
}

/// How many elements of x, on all processes together, are combined to one over these axes.
inline Index reduced_count(const Tensor& x, const std::vector<Index>& axes) {
    Index count = 1;
    for (const Index axis : axes) count *= axis == 0 ? whole_extent(x) : x.extent(axis);
    return count;
}

/// Reduces x over the (normalised) axes: each run of neighbouring axes is one pass over [outer, reduced, inner], whose
/// result is finish(combination, reduced elements).
template <class Combine, class Finish>
Tensor reduce_axes(const Tensor& x, const std::vector<Index>& axes, double initial, Combine combine, Finish finish,
                   bool keep) {
    const ProfileScope scope("reduction");
    Tensor result = x;
    Shape shape = x.shape();
    for (Index last = x.rank() - 1; last >= 0; --last) {
        const auto is_reduced = [&](Index axis) { return std::binary_search(axes.begin(), axes.end(), axis); };
        if (!is_reduced(last)) continue;
        Index first = last;
        while (first > 0 && is_reduced(first - 1)) --first;
        const auto product = [&](Index from, Index to) {
            return element_count(Shape(shape.begin() + from, shape.begin() + to));
        };
        const Index inner = product(last + 1, std::ssize(shape));
        std::vector<Index> run(static_cast<std::size_t>(last + 1 - first));
        std::iota(run.begin(), run.end(), first);
        const auto finished = [&, count = reduced_count(result, run)](auto combined) {
            return finish(combined, count);
        };
        const Tensor before = result;
        const Index outer = product(0, first), reduced = product(first, last + 1), an_image = product(1, last + 1);
        std::fill(shape.begin() + first, shape.begin() + last + 1, Index{1});
        result = Tensor::build(shape, x.dtype(), [&]<Scalar T>(std::span<T> out) {
            const T* const in = before.data<T>().data();
            if (first == 0) {
                reduce_blocks(in, BatchBlocks(before), an_image, inner, Wide<T>{initial}, combine, finished,
                              out.data());
            } else {
                reduce(in, outer, reduced, inner, Wide<T>{initial}, combine, finished, out.data());
            }
        });
        if (before.batch() > 0) result = result.with_batch(first == 0 ? Tensor::undivided : before.batch());
        last = first;
    }
    return result.reshaped(without_axes(x.shape(), axes, keep));
}

}  // namespace adjoint
