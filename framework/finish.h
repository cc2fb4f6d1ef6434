// What can follow a convolution before its result leaves the registers? A bias and a rectifier, which then cost no pass
// over memory of their own.
#pragma once

#include <optional>

#include "framework/tape.h"

namespace adjoint {

/// A result r becomes r + b for a bias b of one number a channel, then slope·(r + b) where that is not positive: the
/// same as leaky_relu(r + b, slope).
struct Finish {
    std::optional<Variable> bias = {};
    double slope = 1.0;  ///< 0 is relu, 1 leaves r + b as it is
};

/// Throws, in the name of `operation`, unless the bias is [channels] in the operand's element type and slope ≥ 0.
void require_finish(const char* operation, const Finish& finish, Index channels, const Variable& operand);

/// Records that y is the finished result of an operation with these edges, as up to three steps: the operation r, r +
/// b, y. Only y has a value; no pullback asks for the others, as y > 0 where r + b > 0.
Variable record_finished(const Variable& y, const Finish& finish, std::vector<Edge> edges,
                         const char* operation = __builtin_FUNCTION());

}  // namespace adjoint
