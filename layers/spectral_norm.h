// Spectral normalization: a layer whose weight is divided by its largest singular value, which a power iteration
// follows from step to step.
//
// W is the weight as a matrix [∏ leading axes, last axis], as Keras has it too. σ = max ‖W·u‖ over u of length 1.
#pragma once

#include "framework/ops/elementwise.h"
#include "framework/tensor/random.h"
#include "layers/module.h"

namespace adjoint {

/// ‖W·u‖: the spectral norm σ where u is the direction that W stretches most.   Shapes: w [..., O], u [O].
/// Gradient for v = W·u / ‖W·u‖: w ← g·v·uᵀ, which is that of σ; u ← g·Wᵀ·v.
/// Throws `spectral_norm: direction must be [4]; got [3]`.
Variable spectral_norm(const Variable& w, const Variable& u);

/// u after some steps u ← WᵀW·u / ‖WᵀW·u‖, which turn it towards the direction that W stretches most.
/// Throws where W·u is 0, as for a weight of zeros: `most_stretched: the weight must not take the direction to 0; got
/// weight [3, 4]`.
Tensor most_stretched(const Tensor& w, Tensor u, int steps);

/// The layer with w / σ in place of its weight w; w stays the parameter, and the gradient is that through both w and σ.
/// In training each call turns the direction u by one step of the power iteration first; in evaluation, and while w is
/// frozen, it stays.
/// Source: Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
template <std::derived_from<Module> Layer>
class SpectralNorm : public Module {
  public:
    SpectralNorm(Layer wrapped, const Random& random)
        : layer(child("layer", std::move(wrapped))), direction(buffer("direction", initial(layer.weight, random))) {}

    Variable forward(const Variable& x) const override {
        const Variable w = layer.weight;
        if (training() && !layer.weight.frozen()) direction.assign(most_stretched(w.value(), direction.value(), 1));
        const RestoreStates restore({{"weight", layer.weight}});
        layer.weight.substitute(w / spectral_norm(w, direction));
        return layer(x);
    }

    Layer& layer;
    Buffer direction;  ///< u

  private:
    static Tensor initial(const Parameter& weight, const Random& random) {
        constexpr int steps = 15;  // from a direction at random to one near enough to begin with
        return most_stretched(weight.value(), random.normal(Shape{weight.shape().back()}, weight.value().dtype()),
                              steps);
    }
};

}  // namespace adjoint
