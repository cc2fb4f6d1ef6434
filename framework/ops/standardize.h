// Standardization: values to mean 0 and variance 1 over some of their axes.
#pragma once

#include <vector>

#include "framework/autograd/tape.h"

namespace adjoint {

/// y = (x − μ) / √(σ² + ε) with the mean μ and the variance σ² (with divisor n) of x over the axes, negative ones
/// counted from the end.   Gradient: that of the composition, x ← r·(g − mean g − y·mean g·y) with r = 1 / √(σ² + ε).
Variable standardize(const Variable& x, const std::vector<Index>& axes, double epsilon);

}  // namespace adjoint
