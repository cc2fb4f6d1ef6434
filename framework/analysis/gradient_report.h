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

/// A place where a derivative jumps. Where the first does (relu at 0, equal numbers in a maximum) the function has a
/// slope on either side, but none there; where the second does (huber at its corner), there is no second derivative.
struct Kink {
    std::vector<Index> element;
    int derivative = 1;     ///< which one jumps
    double before = 0.0;    ///< its value just before it
    double after = 0.0;     ///< its value just after it
    double analytic = 0.0;  ///< what a tape says in its place: lies between the two
};

/// `weight[3, 0]`.
std::string element_name(const std::string& input, const std::vector<Index>& element);

/// One input's gradient of one order.
struct InputReport {
    std::string name;
    Shape shape;
    Index checked = 0;           ///< elements that were moved one by one
    std::vector<Index> element;  ///< the worst of them
    GradientComparison worst;
    GradientComparison direction;  ///< all elements moved at once, in a random direction
    bool together = false;         ///< only these are wrong, no element alone; `element` has most part in it
    std::vector<Kink> kinks;       ///< elements without a derivative of this order, which are not compared, or the next

    const GradientComparison& larger() const { return together ? direction : worst; }
    /// `weight[3, 0]`, or `weight[3, 0] and others at once`.
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
