// Loops over elements: map for one operand, zip for two with broadcasting. Values only; the operations with
// gradients are built of these.
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
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(ADJOINT_REFERENCE)
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

/// Calls block(begin, out) for 64 elements at a time, which writes them to out, and copies them to y. The last few
/// elements come from a block of 64 too: the C library's function for a vector gives other bits than that for a
/// number, and no element's may depend on how many there are.
template <class T, class Block>
void for_each_block(Index count, T* y, Block block) {
    constexpr Index at_once = 64;
    T out[at_once];
    for (Index begin = 0; begin < count; begin += at_once) {
        block(begin, out);
        std::copy_n(out, std::min(at_once, count - begin), y + begin);
    }
}

/// Elements [begin, begin + 64) of an operand, which may have fewer, and goes on (step 1) or stays (step 0).
template <class T>
struct OperandBlock {
    OperandBlock(const T* x, Index step, Index begin, Index count) {
        if (step == 0) {
            std::fill_n(padded, 64, *x);
        } else if (count - begin < 64) {
            std::fill(std::copy(x + begin, x + count, padded), padded + 64, T{1});
        } else {
            at = x + begin;
        }
    }
    T padded[64];
    const T* at = padded;
};

/// out[i] = f(x[i]) for i < 64: apart from what surrounds it, so that it becomes vector instructions.
template <class T, class F>
[[gnu::noinline]] void map_block(const T* x, T* out, F f) {
    for (Index i = 0; i < 64; ++i) out[i] = f(x[i]);
}
template <class T, class F>
[[gnu::noinline]] void zip_block(const T* p, const T* q, T* out, F f) {
    for (Index i = 0; i < 64; ++i) out[i] = f(p[i], q[i]);
}

/// y[i] = f(x[i]) for neighbouring elements.
template <class T, class F>
void map_elements(const T* x, T* y, Index count, F f) {
    for_each_block(count, y, [&](Index begin, T* out) { map_block(OperandBlock<T>(x, 1, begin, count).at, out, f); });
}

/// y[i] = f(x[i]).
template <class F>
Tensor map(const Tensor& x, F f) {
    const ProfileScope scope("elementwise");
    return Tensor::build(x.shape(), x.dtype(),
                         [&]<Scalar T>(std::span<T> out) {
                             const T* const in = x.data<T>().data();
                             parallel_ranges(x.size(), elementwise_grain, [&](Index begin, Index end) {
                                 map_elements(in + begin, out.data() + begin, end - begin, flushing(f));
                             });
                         })
        .divided_as(x);
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

/// Operations of the processor, of which a vector gives the same bits as a number.
template <class F>
concept Arithmetic = std::same_as<F, std::plus<>> || std::same_as<F, std::minus<>> ||
    std::same_as<F, std::multiplies<>> || std::same_as<F, std::divides<>>;

/// y[i] = f(p[i], q[i]) for neighbouring elements of a row, in which p and q go on (step 1) or stay (step 0).
template <class T, class F>
void zip_elements(const T* p, Index p_step, const T* q, Index q_step, T* y, Index count, F f) {
    for_each_block(count, y, [&](Index begin, T* out) {
        const OperandBlock<T> left(p, p_step, begin, count), right(q, q_step, begin, count);
        zip_block(left.at, right.at, out, f);
    });
}
template <class T, Arithmetic F>
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
    return Tensor::build(shape, a.dtype(),
                         [&]<Scalar T>(std::span<T> out) {
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
                         })
        .divided_as(a.batch() > 0 ? a : b);
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

}  // namespace adjoint
