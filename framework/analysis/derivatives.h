// Products with first and second derivatives (JVP, VJP, HVP, Jacobian). All come from nesting tapes; no operation has a
// rule for them.
//
// For y = f(x) with J = ∂y/∂x, and for a single number y with H = ∂²y/∂x². x is a list of variables, and so is a
// product that has its shape: one variable an input, zeros where y does not depend on it. Results are made of
// operations, so that an outer tape differentiates them again.
#pragma once

#include <functional>
#include <vector>

#include "framework/autograd/tape.h"

namespace adjoint {

/// A function of variables that returns one variable.
using DifferentiableFunction = std::function<Variable(const std::vector<Variable>& inputs)>;

/// Σ a·b over all elements of all pairs. Throws unless there are as many a as b, of the same shapes.
Variable inner_product(const std::vector<Variable>& a, const std::vector<Variable>& b);

/// Jᵀv, for v of y's shape: one sweep of a tape.
std::vector<Variable> vjp(const DifferentiableFunction& f, const std::vector<Variable>& x, const Variable& v);

/// J·u, for u of x's shapes: Jᵀv is linear in v, and the gradient of ⟨Jᵀv, u⟩ with respect to v is J·u for any v.
Variable jvp(const DifferentiableFunction& f, const std::vector<Variable>& x, const std::vector<Variable>& u);

/// H·u, for u of x's shapes: the gradient of ⟨∂y/∂x, u⟩. Throws unless y is a single number.
std::vector<Variable> hvp(const DifferentiableFunction& f, const std::vector<Variable>& x,
                          const std::vector<Variable>& u);

/// J itself, a part of shape [y's axes…, the input's axes…] for each input: a sweep for each element of y.
std::vector<Variable> jacobian(const DifferentiableFunction& f, const std::vector<Variable>& x);

}  // namespace adjoint
