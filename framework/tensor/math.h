// Integer arithmetic.
#pragma once

#include <concepts>

namespace adjoint {

/// ⌈a / b⌉ for a ≥ 0 and b > 0.
template <std::integral I>
constexpr I ceil_divide(I a, I b) {
    return a / b + (a % b == 0 ? 0 : 1);
}

}  // namespace adjoint
