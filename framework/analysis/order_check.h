// Check of one order of derivative: the gradient of some results beside their slopes along each input.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "framework/analysis/gradient_check.h"

namespace adjoint {

/// The results whose gradient is checked, as a function of inputs, and where.
struct Subject {
    std::function<std::vector<Variable>(const std::vector<Variable>& inputs)> results;
    std::vector<Variable> inputs;
    std::vector<std::string> names;  ///< of the inputs
};

/// Random numbers with 0.5 < |v| < 1, or small whole ones, in the shape of `like`; of several, each its own stream.
Variable random_direction(const Variable& like, const Random& random, bool exact);
std::vector<Variable> random_directions(const std::vector<Variable>& like, const Random& random, bool exact);

/// Checks the gradient of ⟨v, results⟩ for a random v, which is called that of this order. Every number of the options
/// is settled. Throws as gradient_check does.
OrderReport check_order(const Subject& subject, int order, const GradientCheckOptions& options, const Random& random);

}  // namespace adjoint
