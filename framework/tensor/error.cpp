#include "framework/tensor/error.h"

#include <limits>

namespace adjoint {

void require_at_least(const char* owner, int least, NamedNumbers numbers) {
    for (const auto& [name, number] : numbers) {
        require(least <= number && number <= std::numeric_limits<double>::max(), "{}: {} must be at least {}; got {}",
                owner, name, least, number);
    }
}

void require_fraction(const char* owner, NamedNumbers numbers) {
    for (const auto& [name, number] : numbers) {
        require(0.0 <= number && number < 1.0, "{}: {} must be at least 0 and below 1; got {}", owner, name, number);
    }
}

}  // namespace adjoint
