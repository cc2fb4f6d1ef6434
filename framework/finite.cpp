#include "framework/finite.h"

#include <atomic>
#include <bit>
#include <limits>

#include "framework/kernels.h"

namespace adjoint {
namespace {

// Whether all exponents are below the largest, which stands for NaN and infinity. Integers, so that it becomes vector
// instructions.
template <Scalar T>
bool all_finite(std::span<const T> values) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
    Bits wrong = 0;
    for (const T value : values) wrong |= (std::bit_cast<Bits>(value) & exponent) == exponent;
    return wrong == 0;
}

// Without the sign that a NaN may have.
std::string value_text(double value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

// The place of element i: [n, h, w, c].
Shape place_of(Index i, const Shape& shape) {
    Shape place(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0; i /= shape[axis]) place[axis] = i % shape[axis];
    return place;
}

}  // namespace

std::optional<Index> first_not_finite(const Tensor& x) {
    std::atomic<bool> wrong = false;
    return dispatch(x.dtype(), [&]<Scalar T>() -> std::optional<Index> {
        const std::span<const T> values = x.data<T>();
        parallel_ranges(x.size(), elementwise_grain, [&](Index begin, Index end) {
            if (!all_finite(values.subspan(begin, end - begin))) wrong = true;
        });
        if (!wrong) return std::nullopt;
        return std::find_if_not(values.begin(), values.end(), [](T v) { return std::isfinite(v); }) - values.begin();
    });
}

void FiniteCheck::made(const Variable& y, const std::string& operation) {
    const std::string where = place();
    const std::string maker = where.empty() ? operation : fmt::format("{} in {}", operation, where);
    if (const auto first = first_not_finite(y.value())) {
        const std::string who = backward_.empty() ? maker : fmt::format("backward of {}: {}", backward_, operation);
        throw NotFinite(fmt::format("{}: the result must be finite; got {} at {} of {}", who,
                                    value_text(y.value()[*first]), place_of(*first, y.shape()), y.shape()));
    }
    if (backward_.empty()) makers_[y.id()] = maker;
}

void FiniteCheck::pulling(std::uint64_t output) {
    const auto maker = makers_.find(output);
    backward_ = maker == makers_.end() ? "an operation" : maker->second;
}

}  // namespace adjoint
