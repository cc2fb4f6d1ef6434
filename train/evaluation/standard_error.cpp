#include "train/evaluation/standard_error.h"

#include <cmath>

#include "framework/tensor/error.h"

namespace adjoint {

MeanAndError mean_and_error(std::span<const double> x) {
    require(!x.empty(), "mean_and_error: there must be a value; got none");
    const double count = static_cast<double>(x.size());
    double sum = 0.0, squares = 0.0;
    for (const double value : x) sum += value;
    const double mean = sum / count;
    for (const double value : x) squares += (value - mean) * (value - mean);
    return {.mean = mean, .error = std::sqrt(squares / (count - 1.0) / count)};
}

}  // namespace adjoint
