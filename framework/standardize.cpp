#include "framework/standardize.h"

#include "framework/elementwise.h"
#include "framework/reduction.h"

namespace adjoint {

Variable standardize(const Variable& x, const std::vector<Index>& axes, double epsilon) {
    const Variable centred = x - mean(x, axes, Keep::yes);
    return centred / sqrt(mean(centred * centred, axes, Keep::yes) + epsilon);
}

}  // namespace adjoint
