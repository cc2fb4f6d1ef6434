#include "train/model_summary.h"

#include <algorithm>
#include <cmath>
#include <cxxabi.h>
#include <map>
#include <memory>

#include "framework/checkerboard.h"
#include "layers/conv2d_transpose.h"
#include "layers/module_calls.h"
#include "models/classifier.h"
#include "models/vae.h"
#include "models/wgan_gp.h"

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

// Whether it is a transposed convolution whose taps meet unevenly.
bool spreads_unevenly(const ModuleCall& call) {
    const auto* const layer = dynamic_cast<const Conv2DTranspose*>(call.module);
    return layer != nullptr && covers_unevenly(transposed_form(call.input, layer->weight.shape(), layer->options));
}

Variable one_image() { return Tensor::zeros({1, 28, 28, 1}); }

using Networks = std::vector<NetworkSummary> (*)();
const std::vector<std::pair<std::string, Networks>> models = {
    {"autoencoder",
     [] {
         return std::vector{NetworkSummary{"autoencoder", summarize(Autoencoder(Random(0)), one_image())}};
     }},
    {"vae",
     [] {
         return std::vector{NetworkSummary{"vae", summarize(VariationalAutoencoder(Random(0)), one_image())}};
     }},
    {"classifier",
     [] {
         return std::vector{NetworkSummary{"classifier", summarize(Classifier(Random(0)), one_image())}};
     }},
    {"dcgan",
     [] {
         const Dcgan model{Random(0)};
         return std::vector{NetworkSummary{"generator", summarize(model.generator, generator_noise(Random(0), 1))},
                            NetworkSummary{"discriminator", summarize(model.discriminator, one_image())}};
     }},
    {"wgan-gp", [] {
         const WganGp model{Random(0)};
         return std::vector{NetworkSummary{"generator", summarize(model.generator, generator_noise(Random(0), 1))},
                            NetworkSummary{"critic", summarize(model.critic, one_image())}};
     }}};

}  // namespace

Index parameter_count(const Module& module) {
    Index count = 0;
    for (const NamedState& named : module.parameters()) count += named.state.value().size();
    return count;
}

std::vector<LayerSummary> summarize(const Module& network, const Variable& input) {
    std::map<const Module*, std::string> names;
    for (const auto& [name, module] : network.modules()) {
        if (module->modules().empty()) names[module] = name;
    }
    const ModuleCalls listening;
    network(input);
    std::vector<LayerSummary> layers;
    for (const ModuleCall& call : listening.calls()) {
        if (!names.contains(call.module)) continue;
        layers.push_back({names[call.module], kind_of(*call.module), call.input, call.output,
                          parameter_count(*call.module), std::llround(call.flops), spreads_unevenly(call)});
    }
    return layers;
}

std::vector<NetworkSummary> summarize(const std::string& model) {
    const auto found = std::find_if(models.begin(), models.end(), [&](const auto& m) { return m.first == model; });
    require(found != models.end(), "summary: the model must be one of {}; got {}", fmt::join(summarized_models(), ", "),
            model);
    return found->second();
}

std::vector<std::string> summarized_models() {
    std::vector<std::string> names;
    for (const auto& [name, networks] : models) names.push_back(name);
    return names;
}

}  // namespace adjoint
