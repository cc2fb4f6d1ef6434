#include "framework/ops/selection.h"

#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <numeric>

#include "framework/ops/loops.h"
#include "framework/ops/reduction.h"

namespace adjoint {
namespace {

template <class Holds>
Tensor compare(const char* operation, const Variable& a, const Variable& b, Holds holds) {
    return zip(operation, a.value(), b.value(), [holds](auto p, auto q) -> decltype(p) { return holds(p, q) ? 1 : 0; });
}

}  // namespace

Tensor less(const Variable& a, const Variable& b) { return compare("less", a, b, std::less<>{}); }
Tensor less_equal(const Variable& a, const Variable& b) { return compare("less_equal", a, b, std::less_equal<>{}); }
Tensor greater(const Variable& a, const Variable& b) { return compare("greater", a, b, std::greater<>{}); }
Tensor greater_equal(const Variable& a, const Variable& b) {
    return compare("greater_equal", a, b, std::greater_equal<>{});
}
Tensor equal(const Variable& a, const Variable& b) { return compare("equal", a, b, std::equal_to<>{}); }
Tensor not_equal(const Variable& a, const Variable& b) { return compare("not_equal", a, b, std::not_equal_to<>{}); }

Tensor one_hot(const Tensor& indices, Index count, DType dtype) {
    for (const double index : indices.to_vector()) {
        require(0.0 <= index && index < static_cast<double>(count) && index == std::floor(index),
                "one_hot: an index must be a whole number from 0 to {}; got {}", count - 1, index);
    }
    std::vector<double> places(static_cast<std::size_t>(count));
    std::iota(places.begin(), places.end(), 0.0);
    Shape shape = indices.shape();
    shape.push_back(1);
    return equal(indices.cast(dtype).reshaped(shape), Tensor({count}, places, dtype));
}

Variable where(const Variable& condition, const Variable& a, const Variable& b) {
    require_same_dtype("where", a.value(), b.value());
    const Shape shape = broadcast("where", broadcast("where", condition.shape(), a.shape()), b.shape());
    // As large as the result, or a single number.
    const auto spread = [&](const Tensor& x) {
        if (x.shape() == shape || x.size() == 1) return x;
        return zip("where", x, Tensor::zeros(shape, x.dtype()), [](auto p, auto) { return p; });
    };
    const Tensor mask = spread(condition.value()), p = spread(a.value()), q = spread(b.value());
    const auto step = [](const Tensor& x) -> Index { return x.size() == 1 ? 0 : 1; };
    const ProfileScope scope("elementwise");
    const Tensor y = Tensor::build(shape, a.dtype(), [&]<Scalar T>(std::span<T> out) {
        dispatch(mask.dtype(), [&]<Scalar M>() {
            const auto* const m = mask.data<M>().data();
            const T *const chosen = p.data<T>().data(), *const other = q.data<T>().data();
            parallel_ranges(std::ssize(out), elementwise_grain,
                            [=, m_step = step(mask), p_step = step(p), q_step = step(q)](Index begin, Index end) {
                                for (Index i = begin; i < end; ++i)
                                    out[i] = m[i * m_step] != 0 ? chosen[i * p_step] : other[i * q_step];
                            });
        });
    });
    return record(y, {{a, [condition, extents = Extents(a)](
                              const Variable& g) { return sum_as(where(condition, g, scalar(0.0, g)), extents); }},
                      {b, [condition, extents = Extents(b)](const Variable& g) {
                           return sum_as(where(condition, scalar(0.0, g), g), extents);
                       }}});
}

Variable clamp(const Variable& x, Bounds bounds) {
    const auto [min, max] = bounds;
    require(min <= max, "clamp: min must not exceed max; got {} and {}", min, max);
    const Tensor y = map(x.value(), [min = min, max = max](auto v) {
        const auto low = static_cast<decltype(v)>(min), high = static_cast<decltype(v)>(max);
        return v < low ? low : v > high ? high : v;
    });
    return record(y, {{x, [x, y](const Variable& g) { return where(equal(x, y), g, scalar(0.0, g)); }}});
}

}  // namespace adjoint
