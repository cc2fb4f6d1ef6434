#include "layers/module_calls.h"

namespace adjoint {
Variable ModuleCalls::call(const Module& module, const Variable& x) {
    const std::size_t first = profile_.operations().size();
    Variable y = module.forward(x);
    double flops = 0.0;
    for (std::size_t i = first; i < profile_.operations().size(); ++i) flops += profile_.operations()[i].flops;
    calls_.push_back({&module, x.shape(), y.shape(), flops});
    return y;
}

}  // namespace adjoint
