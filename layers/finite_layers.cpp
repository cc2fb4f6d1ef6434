#include "layers/finite_layers.h"

#include <algorithm>

namespace adjoint {

Variable FiniteLayers::call(const Module& module, const Variable& x) {
    const auto part =
        std::find_if(parts_.begin(), parts_.end(), [&](const NamedModule& named) { return named.module == &module; });
    places_.push_back(part == parts_.end() ? place() : fmt::format("{}({})", part->name, x.shape()));
    const Variable y = module.forward(x);
    places_.pop_back();
    return y;
}

}  // namespace adjoint
