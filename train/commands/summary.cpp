// `adjoint summary`: lists which layers a model has, and what each costs.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "layers/analysis/model_summary.h"
#include "train/cli/commands.h"
#include "train/cli/validators.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

void print(const std::string& network, const std::vector<LayerSummary>& layers) {
    std::size_t longest = network.size();
    for (const LayerSummary& layer : layers) longest = std::max(longest, layer.name.size());
    const auto line = [&](const std::string& name, const std::string& kind, const std::string& output,
                          const auto& parameters, const auto& flops) {
        fmt::print("{:<{}}  {:<16}  {:<18}{:>12}{:>14}\n", name, longest, kind, output, parameters, flops);
    };
    line(network, "kind", "output shape", "parameters", "FLOPs");
    Index parameters = 0, flops = 0;
    for (const LayerSummary& layer : layers) {
        line(layer.name, layer.kind, fmt::format("{}", layer.output), layer.parameters, layer.flops);
        parameters += layer.parameters;
        flops += layer.flops;
    }
    line("total", "", "", parameters, flops);
    for (const LayerSummary& layer : layers) {
        if (layer.covers_unevenly)
            fmt::print(stderr, "{}: the kernel is no multiple of the stride: some pixels sum more taps than others\n",
                       layer.name);
    }
}

void print_all(const TaskSpec& task) {
    const std::unique_ptr<Module> model = task.make_model(Random(0), task.defaults);
    bool first = true;
    for (const auto& [name, network, input] : networks_of(task, *model, task.defaults.sizes)) {
        if (!first) fmt::print("\n");
        print(name, summarize(*network, input));
        first = false;
    }
}

}  // namespace

void add_summary_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("summary", "List a model's layers: output shapes, parameters, FLOPs");
    const auto model = std::make_shared<std::string>();
    command->add_option("model", *model, "Model")->required()->check(one_of(task_names()));
    command->footer(
        "For a batch of one. FLOPs are those of convolutions and matrix products, a multiplication and an addition "
        "counted\n"
        "as two.\n"
        "Example:\n  adjoint summary dcgan");
    command->callback([model] { print_all(*find_task(*model)); });
}

}  // namespace adjoint
