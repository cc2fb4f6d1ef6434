// Module calls: what each layer of a network made of its input, and with how much arithmetic.
#pragma once

#include "framework/tensor/observer.h"
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
/// before the whole.
class ModuleCalls : public Observer {
  public:
    const std::vector<ModuleCall>& calls() const { return calls_; }

    void after_kernel(const KernelTime& kernel) override { flops_ += kernel.flops; }
    void before_module(const Module&, const Variable&) override { flops_before_.push_back(flops_); }
    void after_module(const Module& module, const Variable& x, const Variable& y) override {
        calls_.push_back({&module, x.shape(), y.shape(), flops_ - flops_before_.back()});
        flops_before_.pop_back();
    }

  private:
    double flops_ = 0.0;                // so far
    std::vector<double> flops_before_;  // each call under way, outermost first
    std::vector<ModuleCall> calls_;
};

}  // namespace adjoint
