#include "layers/analysis/model_summary.h"

#include <algorithm>
#include <cmath>
#include <cxxabi.h>
#include <map>
#include <memory>

#include "framework/analysis/checkerboard.h"
#include "layers/convolution.h"

namespace adjoint {
namespace {

// The class of a module, without the namespace.
std::string kind_of(const Module& module) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> demangled(
        abi::__cxa_demangle(typeid(module).name(), nullptr, nullptr, &status), std::free);
    const std::string name = status == 0 ? demangled.get() : typeid(module).name();
    return name.substr(name.rfind(':') + 1);
}

Index byte_count(const Tensor& tensor) {
    return dispatch(tensor.dtype(), [&]<Scalar T>() { return tensor.size() * static_cast<Index>(sizeof(T)); });
}

}  // namespace

void ModuleCalls::before_module(const Module&, const Variable&) { flops_before_.push_back(flops_); }

void ModuleCalls::after_module(const Module& module, const Variable& x, const Variable& y) {
    calls_.push_back({&module, x.shape(), y.shape(), byte_count(y.value()), flops_ - flops_before_.back()});
    flops_before_.pop_back();
}

Index parameter_count(const Module& module) {
    Index count = 0;
    for (const NamedState& named : module.parameters()) count += named.state.value().size();
    return count;
}

Index weight_bytes(const Module& module) {
    Index bytes = 0;
    for (const NamedState& named : module.weights()) bytes += byte_count(named.state.value());
    return bytes;
}

std::vector<LayerSummary> summarize(const Module& network, const Variable& input) {
    std::map<const Module*, std::string> names;
    for (const auto& [name, module] : network.modules()) {
        if (module->modules().empty()) names[module] = name;
    }
    if (names.empty()) names[&network] = "all";  // a network without parts
    const ModuleCalls listening;
    network(input);
    std::vector<LayerSummary> layers;
    for (const ModuleCall& call : listening.calls()) {
        if (!names.contains(call.module)) continue;
        const auto* const spread = dynamic_cast<const Conv2DTranspose*>(call.module);
        layers.push_back(
            {names[call.module], kind_of(*call.module), call.input, call.output, parameter_count(*call.module),
             weight_bytes(*call.module), call.output_bytes, std::llround(call.flops),
             spread && covers_unevenly(transposed_form(call.input, spread->weight.shape(), spread->options))});
    }
    return layers;
}

}  // namespace adjoint
