// How good must a run have become?
#pragma once

#include <string>

#include "train/named.h"

namespace adjoint {

/// What is asked of a run's last metrics, such as test_mse<=0.0091 or test_accuracy>0.99.
struct Requirement {
    /// Throws where the text is not NAME<=NUMBER, with <, <=, > or >=.
    explicit Requirement(const std::string& text);

    /// Throws where there is no metric of that name.
    double value_in(const Numbers& metrics) const;
    bool met_by(const Numbers& metrics) const;

    std::string text, name, comparison;
    double bound;
};

}  // namespace adjoint
