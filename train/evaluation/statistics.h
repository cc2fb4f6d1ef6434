// Statistics of samples: means and how sure they are, moments, the Fréchet distance of two sets of points, each taken
// for a normal distribution, and how much of each lies among the other.
#pragma once

#include <span>
#include <vector>

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

/// Points, each with the ball around it that reaches to its k-th nearest neighbour among them.
struct Neighbourhoods {
    Tensor points;                      ///< [N, n]
    std::vector<double> squared_radii;  ///< of the balls
};
/// Throws unless there are more than k points [N, n].
Neighbourhoods neighbourhoods(const Tensor& points, Index k = 3);

/// How much of either of two sets of points lies in a neighbourhood of the other.
struct PrecisionAndRecall {
    double precision;  ///< of the drawn points among real ones: how many are like some that are real
    double recall;     ///< of the real points among drawn ones: how much of what is real can be drawn
};
/// Throws unless both are of as many dimensions.
/// Source: Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", 2019.
PrecisionAndRecall precision_and_recall(const Neighbourhoods& drawn, const Neighbourhoods& real);

}  // namespace adjoint
