// Statistics of samples: means and how sure they are, moments, the Fréchet distance of two sets of points, each taken
// for a normal distribution, and how much of each lies among the other.
#pragma once

#include <span>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// A mean and its standard error.
struct MeanAndError {
    double mean;
    double error;
};

/// mean x and √(Σ (x − mean x)² / (N − 1) / N): the mean of as many other samples lies within twice that in 19 of 20
/// cases. The error of a single value is NaN.   Throws where there is none.
MeanAndError mean_and_error(std::span<const double> x);

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

/// How much of either of two sets of points lies among the other: in the ball around one of its points that reaches to
/// that point's k-th nearest neighbour in its own set.
struct PrecisionAndRecall {
    double precision;  ///< of the drawn points among real ones: how many are like some that are real
    double recall;     ///< of the real points among drawn ones: how much of what is real can be drawn
};
/// Shapes: drawn [N, n], real [M, n].   Throws unless N and M are greater than k.
/// Source: Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", 2019.
PrecisionAndRecall precision_and_recall(const Tensor& drawn, const Tensor& real, Index k = 3);

}  // namespace adjoint
