// Loops over elements: map for one operand, zip for two with broadcasting, reduce for sums and maxima. Values only; the
// operations with gradients are built of these.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

#include "framework/tensor/buffer_pool.h"
#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/tensor.h"

// Vector forms of exp and its like, of the C library (glibc's libmvec, within 4 units in the last place): these
// declarations let the compiler use them in loops.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
extern "C" {
#define ADJOINT_VECTORISED(function)                                       \
    __attribute__((simd("notinbranch"))) double function(double) noexcept; \
    __attribute__((simd("notinbranch"))) float function##f(float) noexcept;
ADJOINT_VECTORISED(exp)
ADJOINT_VECTORISED(log)
ADJOINT_VECTORISED(log1p)
ADJOINT_VECTORISED(tanh)
ADJOINT_VECTORISED(erf)
ADJOINT_VECTORISED(erfc)
#undef ADJOINT_VECTORISED
}
#endif

namespace adjoint {

/// The larger of two numbers; NaN if one of them is.
inline constexpr auto larger = [](auto p, auto q) { return p > q || p != p ? p : q; };
/// The smaller of two numbers; NaN if one of them is.
inline constexpr auto smaller = [](auto p, auto q) { return p < q || p != p ? p : q; };

/// v, or 0 of its sign where v is subnormal: too small for its exponent.
template <class T>
constexpr T flushed(T v) {
    return std::abs(v) < std::numeric_limits<T>::min() ? v * 0 : v;
}

/// f for which subnormal numbers are 0, in operands and in the result, whatever instructions it is made of. Sums,
/// products and quotients see to it by themselves (FlushDenormals in parallel.cpp); choices and the C library's
/// functions do not.
template <class F>
auto flushing(F f) {
    return [f]<class... T>(T... v) { return flushed(static_cast<std::common_type_t<T...>>(f(flushed(v)...))); };
}
inline std::plus<> flushing(std::plus<> f) { return f; }
inline std::minus<> flushing(std::minus<> f) { return f; }
inline std::multiplies<> flushing(std::multiplies<> f) { return f; }
inline std::divides<> flushing(std::divides<> f) { return f; }

/// y[i] = f(x[i]) for neighbouring elements: apart from what surrounds it, so that it becomes vector instructions.
template <class T, class F>
void map_elements(const T* x, T* y, Index count, F f) {
    for (Index i = 0; i < count; ++i) y[i] = f(x[i]);
}

/// y[i] = f(x[i]).
template <class F>
Tensor map(const Tensor& x, F f) {
    const ProfileScope scope("elementwise");
    return Tensor::build(x.shape(), x.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T* const in = x.data<T>().data();
        parallel_ranges(x.size(), elementwise_grain, [&](Index begin, Index end) {
            map_elements(in + begin, out.data() + begin, end - begin, flushing(f));
        });
    });
}

/// How the elements of two broadcast operands meet: rows of `length` elements, in which an operand goes on or stays.
struct BroadcastRows {
    struct Operand {
        std::vector<Index> strides;  // of the outer axes, in elements; 0 where the operand is repeated
        Index step = 1;              // 1 or 0 from one element of a row to the next
    };
    Shape outer;
    Index length = 1;
    Operand a, b;

    BroadcastRows(const Shape& shape, const Shape& a_shape, const Shape& b_shape);

    /// Where row `row` of the operand begins.
    Index offset(const Operand& operand, Index row) const {
        Index result = 0;
        for (std::size_t axis = outer.size(); axis-- > 1; row /= outer[axis])
            result += row % outer[axis] * operand.strides[axis];
        return outer.empty() ? 0 : result + row * operand.strides.front();
    }
};

/// y[i] = f(p[i], q[i]) for neighbouring elements of a row, in which p and q go on (step 1) or stay (step 0).
template <class T, class F>
void zip_elements(const T* p, Index p_step, const T* q, Index q_step, T* y, Index count, F f) {
    // Spelled out so that each loop is contiguous and becomes vector instructions.
    if (p_step == 1 && q_step == 1) {
        for (Index i = 0; i < count; ++i) y[i] = f(p[i], q[i]);
    } else if (p_step == 1) {
        for (Index i = 0; i < count; ++i) y[i] = f(p[i], *q);
    } else if (q_step == 1) {
        for (Index i = 0; i < count; ++i) y[i] = f(*p, q[i]);
    } else {
        std::fill_n(y, count, f(*p, *q));
    }
}

/// y[i] = f(a[i], b[i]), with a and b broadcast to the common shape.
template <class F>
Tensor zip(const char* operation, const Tensor& a, const Tensor& b, F f) {
    const ProfileScope scope("elementwise");
    require_same_dtype(operation, a, b);
    const Shape shape = broadcast(operation, a.shape(), b.shape());
    const BroadcastRows meet(shape, a.shape(), b.shape());
    return Tensor::build(shape, a.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T *const p = a.data<T>().data(), *const q = b.data<T>().data();
        const auto meet_at = [&](Index row, Index column, Index count) {
            zip_elements(p + meet.offset(meet.a, row) + column * meet.a.step, meet.a.step,
                         q + meet.offset(meet.b, row) + column * meet.b.step, meet.b.step,
                         out.data() + row * meet.length + column, count, flushing(f));
        };
        if (meet.outer.empty()) {
            parallel_ranges(meet.length, elementwise_grain,
                            [&](Index begin, Index end) { meet_at(0, begin, end - begin); });
        } else {
            parallel_rows(element_count(meet.outer), meet.length, [&](Index begin, Index end) {
                for (Index row = begin; row < end; ++row) meet_at(row, 0, meet.length);
            });
        }
    });
}

/// zip, in the place of a where nobody else needs its elements.
template <class F>
Tensor zip_into(const char* operation, Tensor a, const Tensor& b, F f) {
    if (!a.sole_owner() || a.shape() != b.shape() || a.dtype() != b.dtype()) return zip(operation, a, b, f);
    const ProfileScope scope("elementwise");
    dispatch(a.dtype(), [&]<Scalar T>() {
        T* const p = a.edit<T>().data();
        const T* const q = b.data<T>().data();
        parallel_ranges(a.size(), elementwise_grain, [&](Index begin, Index end) {
            zip_elements(p + begin, 1, q + begin, 1, p + begin, end - begin, flushing(f));
        });
    });
    return a;
}

/// out[i] = the combination of the blocks' values[block·count + i] as a fixed tree: neighbours, then pairs, then fours.
/// There are 1, 2, 4 or 8 blocks.
template <class T, class Combine>
void combine_blocks(const T* values, Index blocks, Index count, Combine combine, T* out) {
    const auto pair = [=](Index b, Index i) { return combine(values[b * count + i], values[(b + 1) * count + i]); };
    const auto four = [=](Index b, Index i) { return combine(pair(b, i), pair(b + 2, i)); };
    parallel_ranges(count, elementwise_grain, [&](Index begin, Index end) {
        for (Index i = begin; i < end && blocks == 1; ++i) out[i] = values[i];
        for (Index i = begin; i < end && blocks == 2; ++i) out[i] = pair(0, i);
        for (Index i = begin; i < end && blocks == 4; ++i) out[i] = four(0, i);
        for (Index i = begin; i < end && blocks == 8; ++i) out[i] = combine(four(0, i), four(4, i));
    });
}

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

/// out[a, c] = finish(combination of x[a, r, c] over r, reduced), for x of shape [outer, reduced, inner].
template <class T, class Combine, class Finish>
void reduce(const T* x, Index outer, Index reduced, Index inner, Wide<T> initial, Combine combine, Finish finish,
            T* out) {
    const auto write = [&](const Scratch<Wide<T>>& totals, Index count, T* to) {
        for (Index i = 0; i < count; ++i) to[i] = flushed(static_cast<T>(finish(totals.data()[i], reduced)));
    };
    const Index size = outer * reduced * inner;
    if (outer < batch_blocks && size > elementwise_grain && reduced >= batch_blocks) {
        const Scratch<Wide<T>> partial(batch_blocks * outer * inner), totals(outer * inner);
        parallel_for(batch_blocks * outer, [&](Index piece) {
            const Index block = piece / outer, a = piece % outer;
            reduce_rows(x + a * reduced * inner, block_begin(reduced, block), block_begin(reduced, block + 1), inner,
                        initial, combine, partial.data() + (block * outer + a) * inner);
        });
        combine_blocks(partial.data(), batch_blocks, outer * inner, combine, totals.data());
        write(totals, outer * inner, out);
    } else {
        parallel_rows(outer, reduced * inner, [&](Index begin, Index end) {
            const Scratch<Wide<T>> totals(inner);
            for (Index a = begin; a < end; ++a) {
                reduce_rows(x + a * reduced * inner, 0, reduced, inner, initial, combine, totals.data());
                write(totals, inner, out + a * inner);
            }
        });
    }
}

/// Reduces x over the (normalised) axes: each run of neighbouring axes is one pass over [outer, reduced, inner], whose
/// result is finish(combination, reduced).
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
        const Index outer = product(0, first), reduced = product(first, last + 1),
                    inner = product(last + 1, std::ssize(shape));
        std::fill(shape.begin() + first, shape.begin() + last + 1, Index{1});
        result = Tensor::build(shape, x.dtype(), [&]<Scalar T>(std::span<T> out) {
            reduce(result.data<T>().data(), outer, reduced, inner, Wide<T>{initial}, combine, finish, out.data());
        });
        last = first;
    }
    return result.reshaped(without_axes(x.shape(), axes, keep));
}

}  // namespace adjoint
