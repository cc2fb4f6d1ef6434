#include "framework/ops/standardize.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"

namespace adjoint {

Variable standardize(const Variable& x, const std::vector<Index>& axes, double epsilon) {
    const Variable centred = x - mean(x, axes, Keep::yes);
    return centred / sqrt(mean(centred * centred, axes, Keep::yes) + epsilon);
}

}  // namespace adjoint
