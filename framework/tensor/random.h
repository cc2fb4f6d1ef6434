// Random numbers: functions of (seed, stream, index) alone, so that they are the same in any order and on any number of
// threads, and a checkpoint needs three integers to go on where it stopped.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Which stream of random numbers.
struct RandomKey {
    std::uint64_t seed;
    std::uint64_t stream = 0;
};

/// A stream of random numbers addressed by index: element i is a function of (seed, stream, i) and of nothing else.
/// Source: Philox 4×32 with 10 rounds; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
class Random {
  public:
    explicit Random(std::uint64_t seed) : Random({.seed = seed}) {}
    explicit Random(const RandomKey& key) : seed_(key.seed), stream_(key.stream) {}

    /// Another stream of the same seed, a function of (this stream, which); streams of different numbers, of all 2⁶⁴,
    /// are independent.
    Random stream(std::uint64_t which) const;

    /// 64 random bits.
    std::uint64_t bits(std::uint64_t index) const;
    /// Uniform on the open interval (0, 1).
    double uniform(std::uint64_t index) const;
    /// Uniform on the whole numbers of [0, bound), for bounds up to 2⁵².
    std::uint64_t below(std::uint64_t bound, std::uint64_t index) const;
    /// Normal with mean 0 and standard deviation 1, by Box and Muller's transform of elements 2⌊i/2⌋ and 2⌊i/2⌋ + 1.
    double normal(std::uint64_t index) const;

    /// Elements first, first + 1, … of the stream as a tensor.
    Tensor uniform(const Shape& shape, DType dtype = DType::float32, std::uint64_t first = 0) const;
    Tensor normal(const Shape& shape, DType dtype = DType::float32, std::uint64_t first = 0) const;
    // {3} is a shape, not an index.
    Tensor uniform(std::initializer_list<Index> shape, DType dtype = DType::float32, std::uint64_t first = 0) const {
        return uniform(Shape(shape), dtype, first);
    }
    Tensor normal(std::initializer_list<Index> shape, DType dtype = DType::float32, std::uint64_t first = 0) const {
        return normal(Shape(shape), dtype, first);
    }

  private:
    std::array<std::uint64_t, 2> block(std::uint64_t counter) const;

    std::uint64_t seed_;
    std::uint64_t stream_;
};

/// Random numbers drawn one after the other: counts the numbers of a Random itself.
class RandomStream {
  public:
    explicit RandomStream(const Random& random) : random_(random) {}
    /// Uniform on first, …, last.
    Index between(Index first, Index last) {
        return first + static_cast<Index>(random_.below(static_cast<std::uint64_t>(last - first + 1), next_++));
    }
    bool chance(double probability) { return random_.uniform(next_++) < probability; }

  private:
    Random random_;
    std::uint64_t next_ = 0;
};

}  // namespace adjoint
