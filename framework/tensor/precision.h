// Precision: whether convolutions and matrix products take their factors as they are, or rounded to bfloat16.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "framework/tensor/buffer_pool.h"
#include "framework/tensor/tensor.h"
#include "framework/tensor/thread_listing.h"

namespace adjoint {

enum class Precision { float32, bf16 };

/// "float32" or "bf16", and back. Throws where it is neither.
const char* name(Precision precision);
Precision precision_named(const std::string& name);

/// While it lives, this is the precision of what this thread computes: convolutions and matrix products of float32, and
/// their gradients, round their factors to bfloat16, or not. Products, sums, results and all other operations remain
/// float32, and so do parameters and what optimisers keep; float64 is left alone.
/// Source: Kalamkar et al., "A study of BFLOAT16 for deep learning training", 2019.
class PrecisionScope {
  public:
    explicit PrecisionScope(Precision precision) : precision_(precision) {}
    PrecisionScope(const PrecisionScope&) = delete;
    PrecisionScope& operator=(const PrecisionScope&) = delete;

    /// That of the innermost scope of this thread; float32 where there is none.
    static Precision here();

  private:
    Precision precision_;
    ThreadListing<PrecisionScope> listing_{this};
};

/// The nearest number whose significand has 8 bits, of two as near the one whose last bit is 0: the upper half of a
/// float32. What lies beyond the largest, 255·2¹²⁰, by half of its last bit or more is ∞, NaN is NaN, and numbers below
/// 2⁻¹²⁶ are 0, as processors that multiply bfloat16 take them.
inline float to_bfloat16(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t half = 0x7fff + (bits >> 16 & 1);  // of the last bit kept, less 1 where that is even
    constexpr std::uint32_t quiet = 1u << 22, exponent = 0x7f800000, sign = 1u << 31, upper_half = 0xffff0000;
    const std::uint32_t rounded = x == x ? bits + half : bits | quiet;
    return std::bit_cast<float>(rounded & ((rounded & exponent) == 0 ? sign : upper_half));
}

/// Two neighbouring numbers as bfloat16, the first in the lower half.
using Bfloat16Pair = std::uint32_t;
inline Bfloat16Pair bfloat16_pair(float first, float second) {
    return std::bit_cast<std::uint32_t>(to_bfloat16(first)) >> 16 | std::bit_cast<std::uint32_t>(to_bfloat16(second));
}

/// So many numbers, each rounded; or as pairs of neighbours, of an even count.
Scratch<float> bfloat16s(const float* x, Index count);
Scratch<Bfloat16Pair> bfloat16_pairs(const float* x, Index count);

/// x as convolutions and matrix products are to take it here.
Tensor as_factor(const Tensor& x);

}  // namespace adjoint
