#include "framework/tensor/random.h"

#include <Random123/philox.h>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

constexpr Index grain = 1 << 14;  // elements a piece of parallel work; even, so that pairs of normals stay together

std::array<std::uint64_t, 2> philox(std::uint64_t key, std::uint64_t low, std::uint64_t high) {
    const auto half = [](std::uint64_t word, int which) { return static_cast<std::uint32_t>(word >> (32 * which)); };
    const auto word = [](std::uint32_t low_half, std::uint32_t high_half) {
        return low_half | static_cast<std::uint64_t>(high_half) << 32;
    };
    const auto r = r123::Philox4x32()({{half(low, 0), half(low, 1), half(high, 0), half(high, 1)}},
                                      {{half(key, 0), half(key, 1)}});
    return {word(r[0], r[1]), word(r[2], r[3])};
}

// The 52 highest bits, in the middle of their interval so that neither 0 nor 1 is hit.
double to_unit_interval(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

template <class Element>
Tensor generate(const Shape& shape, DType dtype, Element element) {
    const ProfileScope scope("random");
    return Tensor::build(shape, dtype, [&]<Scalar T>(std::span<T> out) {
        parallel_ranges(std::ssize(out), grain, [&](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) out[i] = static_cast<T>(element(static_cast<std::uint64_t>(i)));
        });
    });
}

}  // namespace

std::array<std::uint64_t, 2> Random::block(std::uint64_t counter) const { return philox(seed_, counter, stream_); }

Random Random::stream(std::uint64_t which) const {
    // The high bit keeps the counters that name streams apart from those that number elements. What it was of `which`
    // chooses one of the two numbers of that counter.
    constexpr std::uint64_t high = std::uint64_t{1} << 63;
    return Random({.seed = seed_, .stream = philox(seed_, which | high, stream_)[which >= high ? 1 : 0]});
}

std::uint64_t Random::bits(std::uint64_t index) const { return block(index / 2)[index % 2]; }

double Random::uniform(std::uint64_t index) const { return to_unit_interval(bits(index)); }

std::uint64_t Random::below(std::uint64_t bound, std::uint64_t index) const {
    return static_cast<std::uint64_t>(uniform(index) * static_cast<double>(bound));
}

double Random::normal(std::uint64_t index) const {
    const auto [first, second] = block(index / 2);
    const double radius = std::sqrt(-2.0 * std::log(to_unit_interval(first)));
    const double angle = 2.0 * std::numbers::pi * to_unit_interval(second);
    return radius * (index % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

Tensor Random::uniform(const Shape& shape, DType dtype, std::uint64_t first) const {
    const double largest = dtype == DType::float32 ? 1.0 - 0x1p-24 : 1.0;  // what is above would be rounded to 1
    return generate(shape, dtype, [&](std::uint64_t i) { return std::min(uniform(first + i), largest); });
}

Tensor Random::normal(const Shape& shape, DType dtype, std::uint64_t first) const {
    return generate(shape, dtype, [&](std::uint64_t i) { return normal(first + i); });
}

}  // namespace adjoint
