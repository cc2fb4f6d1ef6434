// Fréchet distance of two sets of points, each taken for a normal distribution.
#pragma once

#include "framework/tensor/tensor.h"

namespace adjoint {

/// The mean [n] and the covariance [n, n] of points, float64.
struct Moments {
    Tensor mean;
    Tensor covariance;
};

/// μ = mean x,  Σ = Σᵢ (xᵢ − μ)·(xᵢ − μ)ᵀ / (N − 1).   Shapes: x [N, n], N ≥ 2.
Moments moments(const Tensor& x);

/// The symmetric matrix r with r·r = a, for a symmetric a without negative eigenvalues; those that rounding has made
/// negative are taken for 0.   Shapes: a, r [n, n], float64.
Tensor symmetric_square_root(const Tensor& a);

/// ‖μ − μ′‖² + trace(Σ + Σ′ − 2·√(√Σ·Σ′·√Σ)), which is 0 where both agree.   Source: Dowson and Landau, "The Fréchet
/// distance between multivariate normal distributions", 1982; between features of a network, as in Heusel et al., "GANs
/// trained by a two time-scale update rule converge to a local Nash equilibrium", 2017.
double frechet_distance(const Moments& a, const Moments& b);

}  // namespace adjoint
