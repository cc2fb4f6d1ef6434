// Gradient check of a whole layer, for its input and for every parameter.
#pragma once

#include "framework/analysis/gradient_check.h"
#include "layers/module.h"

namespace adjoint {

/// gradient_check of module(x) as a function of x and of each parameter, which the report calls by their names. The
/// check runs in float64, as in training unless module.evaluate() was called; afterwards the module's states are as
/// before. An exact check gives every parameter small whole numbers, and expects them of x.
GradientCheckReport gradient_check(Module& module, const Tensor& x, GradientCheckOptions options = {});

}  // namespace adjoint
