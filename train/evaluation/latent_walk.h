// Latent walk: the latents that lie between others.
#pragma once

#include "framework/tensor/tensor.h"

namespace adjoint {

/// For each two neighbours a and b among the stops, `steps` latents a·(1 − t) + b·t with t from 0 to 1.
/// Shapes: stops [S, n] with S ≥ 2; the result [(S − 1)·steps, n].   Throws unless steps ≥ 2.
Tensor straight_walk(const Tensor& stops, Index steps);

/// The same along the arc between both directions, a·sin((1 − t)·θ) / sin θ + b·sin(t·θ) / sin θ with θ the angle
/// between them: where both are as long, so is all between; normal noise of many dimensions almost is.
/// Source: Shoemake, "Animating rotation with quaternion curves", 1985; White, "Sampling generative networks", 2016.
Tensor arc_walk(const Tensor& stops, Index steps);

}  // namespace adjoint
