// Is a gradient right? Compare it with the slope of the function itself.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "framework/random.h"
#include "framework/tape.h"

namespace adjoint {

/// A function of variables, all float64, that returns one variable.
using DifferentiableFunction = std::function<Variable(const std::vector<Variable>& inputs)>;

struct GradientCheckOptions {
    int order = 1;      ///< derivatives 1, …, order are checked
    double step = 0.0;  ///< h of the finite differences, times max(1, |x|); 0 stands for ε^(1/5), the best for doubles
    double tolerance = 0.0;  ///< largest relative error that passes; 0 stands for 1e-7 in the first order, 1e-6 above
    std::uint64_t seed = 0;  ///< of the random direction in which the output is measured
    std::vector<std::string> names = {};  ///< of the inputs, for the report; else they are numbered
};

/// The worst element of one order of derivative.
struct GradientCheckWorst {
    int order = 1;
    std::string input;  ///< name of the input
    std::vector<Index> element;
    double analytic = 0.0;
    double numeric = 0.0;
    double relative_error = 0.0;  ///< |analytic − numeric| / the largest of that input's gradients
    double tolerance = 0.0;
    bool passed() const { return relative_error <= tolerance; }
};

struct GradientCheckReport {
    std::vector<GradientCheckWorst> orders;  ///< the worst element of order 1, 2, …

    bool passed() const;
    /// One line an order, naming the worst element with both numbers.
    std::string text() const;
};

/// Compares the derivatives that tapes give with central differences of fourth order,
///   φ′(x) ≈ (8·(φ(x + h) − φ(x − h)) − (φ(x + 2h) − φ(x − 2h))) / 12h,
/// element by element, for φ = ⟨v, f⟩ in a random direction v; then the same for the gradient itself, up to `order`.
/// From the second order on φ = ⟨v, f + f²/2⟩, so that linear functions have something to show there too. Throws when
/// inputs are not float64, when the output or a difference is not finite, and when all gradients are zero: such a check
/// would prove nothing.
GradientCheckReport gradient_check(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                                   const GradientCheckOptions& options = {});

}  // namespace adjoint
