// Gradient clipping: by the norm of all gradients together, or each element by itself.
#pragma once

#include <vector>

#include "framework/autograd/tape.h"

namespace adjoint {

/// ‖g‖ = √Σ g² over all elements of all gradients, summed in float64 in an order fixed by their shapes.
double gradient_norm(const std::vector<Variable>& gradients);

/// g ← g·min(1, most / (‖g‖ + 10⁻⁶)), one factor for all, which keeps their direction; returns ‖g‖ as it was. Where the
/// factor is 1 nothing changes.   Throws unless most > 0. Source: Pascanu, Mikolov and Bengio, "On the difficulty of
/// training recurrent neural networks", 2013; the 10⁻⁶ as in PyTorch.
double clip_gradient_norm(std::vector<Variable>& gradients, double most);

/// g ← min(max(g, −most), most), element by element.   Throws unless most > 0.
void clip_gradient_value(std::vector<Variable>& gradients, double most);

/// What an optimiser does to gradients before it uses them: by value first, then by norm.
struct GradientClipping {
    double value = 0.0;  ///< of each element of a gradient; 0 for none
    double norm = 0.0;   ///< of all gradients together; 0 for none
};

}  // namespace adjoint
