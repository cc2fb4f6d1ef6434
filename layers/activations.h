// Which layers apply a function to each element, or change the shape alone?
#pragma once

#include <functional>

#include "framework/elementwise.h"
#include "framework/shaping.h"
#include "layers/module.h"

namespace adjoint {

/// y = f(x) for a function without parameters of its own.
class Activation : public Module {
  public:
    explicit Activation(std::function<Variable(const Variable&)> f) : f_(std::move(f)) {}
    Variable forward(const Variable& x) const override { return f_(x); }

  private:
    std::function<Variable(const Variable&)> f_;
};

struct ReLU : Activation {
    ReLU() : Activation(relu) {}
};
struct LeakyReLU : Activation {
    explicit LeakyReLU(double slope = 0.01) : Activation([slope](const Variable& x) { return leaky_relu(x, slope); }) {}
};
struct ELU : Activation {
    explicit ELU(double alpha = 1.0) : Activation([alpha](const Variable& x) { return elu(x, alpha); }) {}
};
struct GELU : Activation {
    GELU() : Activation(gelu) {}
};
struct Tanh : Activation {
    Tanh() : Activation([](const Variable& x) { return tanh(x); }) {}
};
struct Sigmoid : Activation {
    Sigmoid() : Activation(sigmoid) {}
};
struct Softplus : Activation {
    Softplus() : Activation(softplus) {}
};

/// [N, …] to [N, shape…].
struct Reshape : Activation {
    explicit Reshape(Shape shape)
        : Activation([shape = std::move(shape)](const Variable& x) {
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
