// Standard error of a mean: how sure it is, by the spread of what it is the mean of.
#pragma once

#include <span>

namespace adjoint {

/// A mean and its standard error.
struct MeanAndError {
    double mean;
    double error;
};

/// mean x and √(Σ (x − mean x)² / (N − 1) / N): the mean of as many other samples lies within twice that in 19 of 20
/// cases. The error of a single value is NaN.   Throws where there is none.
MeanAndError mean_and_error(std::span<const double> x);

}  // namespace adjoint
