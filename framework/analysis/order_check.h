// Check of one order of derivative: the tape's gradient of some results beside the slopes of these results.
#pragma once

#include "framework/analysis/derivatives.h"
#include "framework/analysis/gradient_report.h"
#include "framework/tensor/random.h"

namespace adjoint {

/// The results whose gradient is checked, as a function of inputs, and where.
struct OrderSubject {
    std::function<std::vector<Variable>(const std::vector<Variable>& inputs)> results;
    std::vector<Variable> inputs;
    std::vector<std::string> names;  ///< of the inputs
};

/// GradientCheckOptions, with every number settled.
struct OrderRules {
    bool exact;
    Index samples;
    double step;
    double tolerance;
};

/// Random numbers with 0.5 < |v| < 1, or small whole ones, in the shape of `like`.
Variable random_direction(const Variable& like, const Random& random, bool exact);
std::vector<Variable> random_directions(const std::vector<Variable>& like, const Random& random, bool exact);

/// Compares the gradient of ⟨v, results⟩, for a random v, with the slopes along each element of each input, or along
/// samples of them, and along a random direction in each input. Throws VacuousCheck where nothing was compared, or all
/// was zero in the first two orders.
OrderReport check_order(const OrderSubject& subject, int order, const OrderRules& rules, const Random& random);

}  // namespace adjoint
