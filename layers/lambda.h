// Lambda layers, which have no parameters: activations, other shapes, smaller and larger images.
#pragma once

#include <functional>

#include "framework/ops/elementwise.h"
#include "framework/ops/pooling.h"
#include "framework/ops/resampling.h"
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

// max_pool2d, average_pool2d and so on as layers.
struct MaxPool2D : Lambda {
    explicit MaxPool2D(const MaxPool2DOptions& options = {})
        : Lambda([options](const Variable& x) { return max_pool2d(x, options).value; }) {}
};
struct AveragePool2D : Lambda {
    explicit AveragePool2D(const AveragePool2DOptions& options = {})
        : Lambda([options](const Variable& x) { return average_pool2d(x, options); }) {}
};
struct GlobalAveragePool2D : Lambda {
    GlobalAveragePool2D() : Lambda(global_average_pool2d) {}
};
struct Upsample2D : Lambda {
    explicit Upsample2D(const Size2D& factor, const ResizeOptions& options = {})
        : Lambda([=](const Variable& x) { return upsample2d(x, factor, options); }) {}
};
struct PixelShuffle : Lambda {
    explicit PixelShuffle(Index r) : Lambda([r](const Variable& x) { return pixel_shuffle(x, r); }) {}
};

}  // namespace adjoint
