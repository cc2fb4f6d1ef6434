#include "train/gradient_clipping.h"

#include <cmath>

#include "framework/elementwise.h"
#include "framework/kernels.h"
#include "framework/reduction.h"

namespace adjoint {

double gradient_norm(const std::vector<Variable>& gradients) {
    double squares = 0.0;
    for (const Variable& g : gradients) {
        const Variable wide = g.value().cast(DType::float64);
        squares += sum(wide * wide).item();
    }
    return std::sqrt(squares);
}

double clip_gradient_norm(std::vector<Variable>& gradients, double most) {
    require(most > 0.0, "clip_gradient_norm: the largest norm must be positive; got {}", most);
    const double norm = gradient_norm(gradients), factor = most / (norm + 1e-6);
    if (factor >= 1.0) return norm;
    for (Variable& g : gradients) g = g * factor;
    return norm;
}

void clip_gradient_value(std::vector<Variable>& gradients, double most) {
    require(most > 0.0, "clip_gradient_value: the largest value must be positive; got {}", most);
    for (Variable& g : gradients) {
        g = map(g.value(), [most](auto v) {
            const decltype(v) limit(most);
            return v > limit ? limit : v < -limit ? -limit : v;
        });
    }
}

}  // namespace adjoint
