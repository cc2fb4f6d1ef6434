#include "layers/spectral_norm.h"

#include <cmath>
#include <fmt/ranges.h>

#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// The power of 2 below the largest magnitude, by which a division rounds nothing and after which squares neither
// overflow nor vanish.
Variable unit_of(const Tensor& v) {
    const double largest = max(abs(v.reshaped({-1})), 0).item();
    return scalar(std::isnormal(largest) ? std::scalbn(1.0, std::ilogb(largest)) : 1.0, v);
}

Variable norm(const Variable& v) {
    const Variable unit = unit_of(v.value()), scaled = v / unit;
    return unit * sqrt(sum(scaled * scaled));
}

}  // namespace

Variable spectral_norm(const Variable& w, const Variable& u) {
    require(w.rank() >= 1 && u.shape() == Shape{w.extent(-1)}, "spectral_norm: direction must be [{}]; got {}",
            w.rank() >= 1 ? w.extent(-1) : 1, u.shape());
    return norm(matmul(reshape(w, {-1, w.extent(-1)}), reshape(u, {-1, 1})));
}

Tensor most_stretched(const Tensor& w, Tensor u, int steps) {
    const Variable matrix = w.reshaped({-1, w.extent(-1)}) / unit_of(w);
    for (int step = 0; step < steps; ++step) {
        const Variable turned = matmul(matrix, matmul(matrix, u.reshaped({-1, 1})), {.transpose_a = true});
        const Variable length = norm(turned);
        require(length.item() != 0.0, "most_stretched: the weight must not take the direction to 0; got weight {}",
                w.shape());
        u = reshape(turned / length, u.shape()).value();
    }
    return u;
}

}  // namespace adjoint
