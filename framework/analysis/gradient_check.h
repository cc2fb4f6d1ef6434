// Gradient check: compares gradients with the slopes of the function itself.
#pragma once

#include "framework/analysis/derivatives.h"
#include "framework/analysis/gradient_report.h"
#include "framework/tensor/random.h"

namespace adjoint {

struct GradientCheckOptions {
    int order = 1;           ///< derivatives 1, …, order are checked
    bool exact = false;      ///< the function is linear in each input: step 1 in whole numbers, bit for bit
    Index samples = 0;       ///< elements of each input that move one by one, drawn at random; 0 stands for all
    double step = 0.0;       ///< h of the differences, times max(1, |x|); 0 stands for ε^(1/5), the best for doubles
    double tolerance = 0.0;  ///< largest relative error that passes; 0 stands for 1e-7 in the first order, 1e-6 above
    std::uint64_t seed = 0;  ///< of the random directions and samples
    std::vector<std::string> names = {};  ///< of the inputs, for the report; else they are numbered
};

/// ±1, ±2 and ±3 at random: what an exact check is made with.
Tensor small_whole_numbers(const Shape& shape, const Random& random);

/// A check that could not have failed: all gradients are zero, or every element lies at a kink.
struct VacuousCheck : Error {
    using Error::Error;
};

/// Compares the derivatives that tapes give with central differences of fourth order,
///   φ′(x) ≈ (8·(φ(x + h) − φ(x − h)) − (φ(x + 2h) − φ(x − 2h))) / 12h,
/// for φ = ⟨g, f⟩ in a random direction g: element by element, and for each input as a whole in a random direction.
/// From the second order on f is the gradient of the order before in a random direction, as a function of the inputs
/// and of g, so that linear functions have something to show there too; and ⟨v, J·u⟩ = ⟨Jᵀv, u⟩ is checked to rounding.
///
/// Where the two differ, smaller steps decide. What is a kink at the smallest, with the tape's answer between the
/// slopes on either side, is named in the report and not compared; where φ″ jumps, as huber's at its corner, that is
/// named and compared. Where only all elements at once are wrong, the one with most part in it is looked for.
///
/// Throws when inputs are not float64 (in an exact check: not whole numbers), when an option is out of range, when f is
/// random, when the output or a difference is not finite, and VacuousCheck when the check would prove nothing.
GradientCheckReport gradient_check(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                                   const GradientCheckOptions& options = {});

}  // namespace adjoint
