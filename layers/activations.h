// Activation layers and others without parameters: a function of each element, or of the shape alone.
#pragma once

#include <functional>

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "layers/module.h"

namespace adjoint {

/// y = f(x) for a function without parameters of its own.
class Lambda : public Module {
  public:
    explicit Lambda(std::function<Variable(const Variable&)> f) : f_(std::move(f)) {}
    Variable forward(const Variable& x) const override { return f_(x); }

  private:
    std::function<Variable(const Variable&)> f_;
};

struct ReLU : Lambda {
    ReLU() : Lambda([](const Variable& x) { return relu(x); }) {}
};
struct LeakyReLU : Lambda {
    explicit LeakyReLU(double slope = 0.01) : Lambda([slope](const Variable& x) { return leaky_relu(x, slope); }) {}
};
struct ELU : Lambda {
    explicit ELU(double alpha = 1.0) : Lambda([alpha](const Variable& x) { return elu(x, alpha); }) {}
};
struct GELU : Lambda {
    GELU() : Lambda(gelu) {}
};
struct Tanh : Lambda {
    Tanh() : Lambda([](const Variable& x) { return tanh(x); }) {}
};
struct Sigmoid : Lambda {
    Sigmoid() : Lambda(sigmoid) {}
};
struct Softplus : Lambda {
    Softplus() : Lambda(softplus) {}
};

/// [N, …] to [N, shape…].
struct Reshape : Lambda {
    explicit Reshape(Shape shape)
        : Lambda([shape = std::move(shape)](const Variable& x) {
              Shape whole = shape;
              whole.insert(whole.begin(), x.extent(0));
              return reshape(x, whole);
          }) {}
};
/// [N, …] to [N, the number of elements of one].
struct Flatten : Reshape {
    Flatten() : Reshape({-1}) {}
};

}  // namespace adjoint
