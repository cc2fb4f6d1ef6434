#include "layers/linear.h"

#include "framework/ops/matmul.h"

namespace adjoint {

Linear::Linear(const LinearOptions& o, const Random& random)
    : weight(parameter("weight",
                       o.initializer({o.in, o.out}, {static_cast<double>(o.in), static_cast<double>(o.out)}, random))),
      activation_(o.activation) {
    require(o.in >= 1 && o.out >= 1, "Linear: in and out must be at least 1; got {} and {}", o.in, o.out);
    if (o.bias) bias = parameter("bias", Tensor::zeros({o.out}));
}

Variable Linear::forward(const Variable& x) const {
    const Variable y = matmul(x, weight);
    return activation_(bias ? y + *bias : y);
}

LinearTranspose::LinearTranspose(const Linear& encoder, Activation activation)
    : weight(encoder.weight),
      bias(parameter("bias", Tensor::zeros({weight.shape()[0]}))),
      activation_(std::move(activation)) {}

Variable LinearTranspose::forward(const Variable& x) const {
    return activation_(matmul(x, weight, {.transpose_b = true}) + bias);
}

}  // namespace adjoint
