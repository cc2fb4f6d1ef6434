// `adjoint summary`: which layers does a model have, and what does each cost?
#include <algorithm>
#include <fmt/format.h>

#include "train/commands.h"
#include "train/model_summary.h"

namespace adjoint {
namespace {

void print(const NetworkSummary& network) {
    std::size_t longest = network.name.size();
    for (const LayerSummary& layer : network.layers) longest = std::max(longest, layer.name.size());
    const auto line = [&](const std::string& name, const std::string& kind, const std::string& output,
                          const auto& parameters, const auto& flops) {
        fmt::print("{:<{}}  {:<16}  {:<18}{:>12}{:>14}\n", name, longest, kind, output, parameters, flops);
    };
    line(network.name, "kind", "output shape", "parameters", "FLOPs");
    Index parameters = 0, flops = 0;
    for (const LayerSummary& layer : network.layers) {
        line(layer.name, layer.kind, fmt::format("{}", layer.output), layer.parameters, layer.flops);
        parameters += layer.parameters;
        flops += layer.flops;
    }
    line("total", "", "", parameters, flops);
    for (const LayerSummary& layer : network.layers) {
        if (layer.covers_unevenly)
            fmt::print(stderr, "{}: the kernel is no multiple of the stride: some pixels sum more taps than others\n",
                       layer.name);
    }
}

void print_all(const std::string& model) {
    bool first = true;
    for (const NetworkSummary& network : summarize(model)) {
        if (!first) fmt::print("\n");
        print(network);
        first = false;
    }
}

}  // namespace

void add_summary_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("summary", "List a model's layers: shapes, parameters, arithmetic");
    const auto model = std::make_shared<std::string>();
    command->add_option("model", *model, "The model")->required()->check(CLI::IsMember(summarized_models()));
    command->footer(
        "For one input. FLOPs are those of convolutions and matrix products, a multiplication and an addition counted\n"
        "as two.\n"
        "Example:\n  adjoint summary dcgan");
    command->callback([model] { print_all(*model); });
}

}  // namespace adjoint
