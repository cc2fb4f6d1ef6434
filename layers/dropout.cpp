#include "layers/dropout.h"

#include "framework/kernels/loops.h"
#include "framework/ops/elementwise.h"

namespace adjoint {

Variable dropout(const Variable& x, double rate, const Random& random) {
    require(rate >= 0.0 && rate < 1.0, "dropout: the rate must be at least 0 and less than 1; got {}", rate);
    const double kept = 1.0 - rate;
    return x * map(random.uniform(x.shape(), x.dtype()),
                   [=](auto u) { return static_cast<decltype(u)>(u < kept ? 1.0 / kept : 0.0); });
}

Dropout::Dropout(double rate, const Random& random)
    : steps(buffer("steps", Tensor::zeros({}, DType::float64))), rate_(rate), random_(random) {
    require(rate >= 0.0 && rate < 1.0, "Dropout: the rate must be at least 0 and less than 1; got {}", rate);
}

Variable Dropout::forward(const Variable& x) const {
    if (!training()) return x;
    const double step = steps.value().item();
    steps.assign(Tensor({}, {step + 1.0}, steps.value().dtype()));
    return dropout(x, rate_, random_.stream(static_cast<std::uint64_t>(step)));
}

}  // namespace adjoint
