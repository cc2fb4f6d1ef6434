#include "layers/linear.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"

namespace adjoint {

Linear::Linear(const LinearOptions& options, const Random& random)
    : weight(parameter(
          "weight", options.initializer({options.in, options.out},
                                        {static_cast<double>(options.in), static_cast<double>(options.out)}, random))),
      activation_(options.activation) {
    if (options.bias) bias = parameter("bias", Tensor::zeros({options.out}));
}

Variable Linear::forward(const Variable& x) const {
    const Variable y = matmul(x, weight);
    return activation_(bias ? y + *bias : y);
}

}  // namespace adjoint
