// Operands for tests of tapes: single numbers, and an operation that shows whether the tape still holds it.
#pragma once

#include <memory>

#include "framework/autograd/tape.h"
#include "tests/support/values.h"

namespace adjoint {

/// A single float64.
inline Variable number(double value) { return doubles({}, {value}); }

/// The identity, with a pullback that holds on to `token`.
inline Variable holding(const Variable& x, const std::shared_ptr<int>& token) {
    return record(x.value(), {{x, [token](const Variable& g) { return g; }}});
}

}  // namespace adjoint
