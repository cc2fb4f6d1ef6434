// Report of a gradient check: for each order of derivative and each input the worst element, with both numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/tensor/shape.h"

namespace adjoint {

/// What a tape says beside what differences of the function say.
struct GradientComparison {
    double analytic = 0.0;
    double numeric = 0.0;
    double relative_error = 0.0;  ///< |analytic − numeric| / the largest of that input's gradients
    std::uint64_t ulps = 0;       ///< doubles from one number to the other

    /// Of two numbers, whose difference is judged by `scale`.
    static GradientComparison of(double analytic, double numeric, double scale);
};

/// A place where the function has a slope on either side, but no derivative: relu at 0, equal numbers in a maximum.
struct Kink {
    std::vector<Index> element;
    double before = 0.0;    ///< the slope just before it
    double after = 0.0;     ///< the slope just after it
    double analytic = 0.0;  ///< lies between the two
};

/// One input's gradient of one order.
struct InputReport {
    std::string name;
    Shape shape;
    Index checked = 0;           ///< elements that were moved one by one
    std::vector<Index> element;  ///< the worst of them
    GradientComparison worst;
    GradientComparison direction;  ///< all elements moved at once, in a random direction
    std::vector<Kink> kinks;       ///< elements without a derivative, which are not compared

    /// Whether all elements at once are worse than any one of them.
    bool worst_together() const { return direction.relative_error > worst.relative_error; }
    const GradientComparison& larger() const { return worst_together() ? direction : worst; }
    /// `weight[3, 0]`, or `weight in a random direction`.
    std::string place() const;
};

struct OrderReport {
    int order = 1;
    bool exact = false;  ///< in whole numbers, bit for bit
    double tolerance = 0.0;
    std::vector<InputReport> inputs;

    bool passed() const;
    /// The input with the largest relative error.
    const InputReport& worst() const;
};

/// ⟨v, J·u⟩ beside ⟨Jᵀv, u⟩ for random u and v, both by tapes.
struct AdjointReport {
    double forward = 0.0;
    double reverse = 0.0;
    double relative_error = 0.0;  ///< |forward − reverse| / (|v|·|J·u|)
    double tolerance = 0.0;
    bool passed() const { return relative_error <= tolerance; }
};

struct GradientCheckReport {
    std::vector<OrderReport> orders;       ///< 1, 2, …
    std::optional<AdjointReport> adjoint;  ///< where second derivatives were checked

    bool passed() const;
    /// A line an order, naming the worst element with both numbers, then a line an input and a line a kink.
    std::string text() const;
};

}  // namespace adjoint
