// How does every input reach every output?
#pragma once

#include <optional>

#include "layers/initializers.h"
#include "layers/module.h"

namespace adjoint {

struct LinearOptions {
    Index in;
    Index out;
    bool bias = true;
    Initializer initializer = initializers::glorot_uniform();
};

/// y = x·W + b.   Shapes: x [N, in], W [in, out], b [out], y [N, out].
class Linear : public Module {
  public:
    Linear(const LinearOptions& options, const Random& random);
    Variable forward(const Variable& x) const override;

    Parameter weight;
    std::optional<Parameter> bias;
};

}  // namespace adjoint
