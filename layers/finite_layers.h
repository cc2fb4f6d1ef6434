// Which layer made the first number that is not finite?
#pragma once

#include "framework/finite.h"
#include "layers/module.h"

namespace adjoint {

/// A FiniteCheck whose messages name the layer and the shape of its input:
///   `conv2d in encoder.down2([64, 14, 14, 32]): the result must be finite; got nan at [0, 3, 1, 2] of [64, 7, 7, 64]`.
class FiniteLayers : public FiniteCheck, private ModuleListener {
  public:
    /// Layers have the names that they have in this model.
    explicit FiniteLayers(const Module& model) : parts_(model.modules()) {}

  private:
    std::string place() const override { return places_.empty() ? "" : places_.back(); }
    Variable call(const Module& module, const Variable& x) override;

    std::vector<NamedModule> parts_;
    std::vector<std::string> places_;  // of the calls under way, outermost first
};

}  // namespace adjoint
