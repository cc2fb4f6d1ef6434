// How does a test draw one whole number after the other?
#pragma once

#include "framework/random.h"
#include "framework/shape.h"

namespace adjoint {

/// A stream that counts its numbers itself.
class Dice {
  public:
    explicit Dice(const Random& random) : random_(random) {}
    /// Uniform on first, …, last.
    Index between(Index first, Index last) {
        return first + static_cast<Index>(random_.below(static_cast<std::uint64_t>(last - first + 1), next_++));
    }

  private:
    Random random_;
    std::uint64_t next_ = 0;
};

}  // namespace adjoint
