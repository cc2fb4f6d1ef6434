#include "framework/analysis/anomaly.h"

#include <atomic>
#include <bit>
#include <fmt/ranges.h>
#include <limits>

#include "framework/ops/loops.h"

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

AnomalyDetector::AnomalyDetector(std::map<const Module*, std::string> names) : names_(std::move(names)) {}
AnomalyDetector::~AnomalyDetector() = default;

void AnomalyDetector::after_forward(const Variable& y, const OperationCall& call, const std::vector<Variable>&) {
    const std::string place = places_.empty() ? "" : places_.back();
    const std::string maker = fmt::format("{}{}", call.name, place.empty() ? "" : " in " + place);
    if (const auto first = first_not_finite(y.value())) {
        const std::string who = backward_.empty() ? maker : fmt::format("backward of {}: {}", backward_, call.name);
        throw NotFinite(fmt::format("{}: the result must be finite; got {} at {} of {}", who,
                                    value_text(y.value()[*first]), unravel_index(*first, y.shape()), y.shape()));
    }
    if (backward_.empty()) makers_[y.id()] = maker;
}

void AnomalyDetector::before_backward(std::uint64_t output) {
    const auto maker = makers_.find(output);
    backward_ = maker == makers_.end() ? "an operation" : maker->second;
}

void AnomalyDetector::after_backward() { backward_.clear(); }

// A module without a name is part of the one that calls it.
void AnomalyDetector::before_module(const Module& module, const Variable& x) {
    const auto name = names_.find(&module);
    const std::string around = places_.empty() ? "" : places_.back();
    places_.push_back(name == names_.end() ? around : fmt::format("{}({})", name->second, x.shape()));
}

void AnomalyDetector::after_module(const Module&, const Variable&, const Variable&) { places_.pop_back(); }

}  // namespace adjoint
