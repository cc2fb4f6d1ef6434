// Random stream: random numbers drawn one after the other.
#pragma once

#include "framework/tensor/random.h"

namespace adjoint {

/// Counts the numbers of a Random itself.
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
