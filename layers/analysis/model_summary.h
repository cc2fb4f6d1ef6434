// Model summary: which layers a network has, what each made of its input, and what it costs.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/observer.h"
#include "layers/module.h"

namespace adjoint {

/// One call of a module.
struct ModuleCall {
    const Module* module;
    Shape input;
    Shape output;
    Index output_bytes;
    double flops;  ///< floating-point operations of convolutions and matrix products in it
};

/// Collects the calls of modules on its thread from construction to destruction, in the order in which they end: parts
/// before the whole.
class ModuleCalls : public Observer {
  public:
    const std::vector<ModuleCall>& calls() const { return calls_; }

    void after_kernel(const KernelTime& kernel) override { flops_ += kernel.flops; }
    void before_module(const Module& module, const Variable& x) override;
    void after_module(const Module& module, const Variable& x, const Variable& y) override;

  private:
    double flops_ = 0.0;                // so far
    std::vector<double> flops_before_;  // each call under way, outermost first
    std::vector<ModuleCall> calls_;
};

struct LayerSummary {
    std::string name;
    std::string kind;  ///< its class, such as Conv2D
    Shape input;
    Shape output;
    Index parameters;   ///< how many numbers training changes
    Index bytes;        ///< of its weights: parameters and what it keeps beside them, such as running moments
    Index activations;  ///< bytes of the output
    Index flops;        ///< of convolutions and matrix products, a multiplication and an addition counted as two
    bool covers_unevenly = false;  ///< a transposed convolution that begins with checkerboards: see covers_unevenly
};

/// The layers that the network calls on this input, in the order in which they are called: the modules that have no
/// parts.
std::vector<LayerSummary> summarize(const Module& network, const Variable& input);

/// How many numbers training changes in a model.
Index parameter_count(const Module& module);

/// Bytes of a model's weights.
Index weight_bytes(const Module& module);

}  // namespace adjoint
