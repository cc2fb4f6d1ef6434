#include "layers/dropout.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/loops.h"
#include "framework/ops/selection.h"
#include "framework/tensor/processes.h"

namespace adjoint {

static void require_rate(const char* owner, double rate) {
    require(rate >= 0.0 && rate < 1.0, "{}: the rate must be at least 0 and less than 1; got {}", owner, rate);
}

Variable dropout(const Variable& x, double rate, const Random& random) {
    require_rate("dropout", rate);
    const double kept = 1.0 - rate;
    const Index first = x.rank() == 0 ? 0 : first_image(x.value()) * (x.size() / std::max<Index>(1, x.extent(0)));
    const Tensor chosen = map(random.uniform(x.shape(), x.dtype(), static_cast<std::uint64_t>(first)),
                              [=](auto u) { return static_cast<decltype(u)>(u < kept ? 1.0 : 0.0); });
    return where(chosen, x, scalar(0.0, x)) * (1.0 / kept);
}

Dropout::Dropout(double rate, const Random& random) : steps(counter("steps")), rate_(rate), random_(random) {
    require_rate("Dropout", rate);
}

Variable Dropout::forward(const Variable& x) const {
    if (!training()) return x;
    const double step = steps.value().item();
    // In float64, whatever cast() made of it: float32 would stop at 2²⁴.
    steps.assign(Tensor({}, {step + 1.0}, DType::float64));
    return dropout(x, rate_, random_.stream(static_cast<std::uint64_t>(step)));
}

}  // namespace adjoint
