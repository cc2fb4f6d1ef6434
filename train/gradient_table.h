// Which operations, layers and losses are there, and on what are their gradients checked?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "framework/gradient_check.h"

namespace adjoint {

struct GradientRow {
    std::string name;  ///< as it is written in code: conv2d, BatchNorm, …
    std::function<GradientCheckReport(const GradientCheckOptions&)> check;
};

/// A row for each, in the order of the headers.
const std::vector<GradientRow>& gradient_table();

}  // namespace adjoint
