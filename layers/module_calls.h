// Which layers does a network consist of, and what does each make of its input? Modules say when they are called, to
// whoever listens.
#pragma once

#include "framework/profile.h"
#include "layers/module.h"

namespace adjoint {

/// One call of a module.
struct ModuleCall {
    const Module* module;
    Shape input;
    Shape output;
    double flops;  ///< floating-point operations of convolutions and matrix products in it
};

/// Collects the calls of modules on its thread from construction to destruction, in the order in which they end: parts
/// before the whole. There is no Profile beside it.
class ModuleCalls : public ModuleListener {
  public:
    const std::vector<ModuleCall>& calls() const { return calls_; }

  private:
    Variable call(const Module& module, const Variable& x) override;

    Profile profile_;
    std::vector<ModuleCall> calls_;
};

}  // namespace adjoint
