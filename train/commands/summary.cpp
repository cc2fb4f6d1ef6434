// `adjoint summary`: lists which layers a model has, and what each costs.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "layers/analysis/graph.h"
#include "layers/analysis/model_summary.h"
#include "train/cli/commands.h"
#include "train/cli/validators.h"
#include "train/exchange/graph_text.h"
#include "train/io/json_text.h"
#include "train/tasks/model_parts.h"
#include "train/tasks/registry.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct SummaryOptions {
    std::string model;
    std::filesystem::path run;
    bool json = false;
};

using Json = nlohmann::ordered_json;
constexpr auto costs = {"parameters", "bytes", "activations", "flops"};

Json json_of(const LayerSummary& layer) {
    return {{"name", layer.name},
            {"kind", layer.kind},
            {"input", layer.input},
            {"output", layer.output},
            {"parameters", layer.parameters},
            {"bytes", layer.bytes},
            {"activations", layer.activations},
            {"flops", layer.flops},
            {"covers_unevenly", layer.covers_unevenly}};
}

// The layers of a network, and what they cost together.
Json json_of(const NetworkInput& network) {
    Json result = {{"name", network.name}, {"layers", Json::array()}};
    for (const char* cost : costs) result[cost] = 0;
    for (const LayerSummary& layer : summarize(*network.network, network.input)) {
        const Json& line = result["layers"].emplace_back(json_of(layer));
        for (const char* cost : costs) result[cost] = result[cost].get<Index>() + line[cost].get<Index>();
    }
    return result;
}

void print(const Json& network) {
    const std::string title = network["name"];
    std::size_t longest = title.size();
    for (const Json& layer : network["layers"]) longest = std::max(longest, layer["name"].get<std::string>().size());
    const auto line = [&](const std::string& name, const std::string& kind, const std::string& output,
                          const auto&... numbers) {
        fmt::print("{:<{}}  {:<16}  {:<18}", name, longest, kind, output);
        (fmt::print("{:>12}", numbers), ...);
        fmt::print("\n");
    };
    const auto with_costs = [&](const std::string& name, const std::string& kind, const std::string& output,
                                const Json& of) {
        line(name, kind, output, of["parameters"].get<Index>(), of["bytes"].get<Index>(),
             of["activations"].get<Index>(), of["flops"].get<Index>());
    };
    line(title, "kind", "output shape", "parameters", "bytes", "activations", "FLOPs");
    for (const Json& layer : network["layers"]) {
        with_costs(layer["name"], layer["kind"], fmt::format("{}", layer["output"].get<Shape>()), layer);
    }
    with_costs("total", "", "", network);
    for (const Json& layer : network["layers"]) {
        if (layer["covers_unevenly"])
            fmt::print(stderr, "{}: the kernel is no multiple of the stride: some pixels sum more taps than others\n",
                       layer["name"].get<std::string>());
    }
}

// What the networks compute, an operation a line.
Json operations_of(const TaskSpec& task, const Module& model, const ImageModelOptions& sizes) {
    Json operations;
    for (const auto& [name, function, item, meaning] : parts_of(task, model, sizes))
        operations[name] = {{"meaning", meaning}, {"operations", text_of(graph_of(model, function, item))}};
    return operations;
}

void summary(const SummaryOptions& options) {
    require(options.model.empty() != options.run.empty(), "summary: must be of a MODEL or of a --run; got {}",
            options.model.empty() ? "neither" : "both");
    const auto [task, training] = [&]() -> std::pair<TaskSpec, TrainingOptions> {
        if (options.run.empty()) return {*find_task(options.model), find_task(options.model)->defaults};
        const TrainedRun run = TrainedRun::open({options.run});
        return {run.task, run.options};
    }();
    const std::unique_ptr<Module> model = task.make_model(Random(0), training);
    Json networks = Json::array();
    for (const NetworkInput& network : networks_of(task, *model, training.sizes)) {
        networks.push_back(json_of(network));
        if (options.json) continue;
        if (networks.size() > 1) fmt::print("\n");
        print(networks.back());
    }
    const Json operations = operations_of(task, *model, training.sizes);
    if (options.json) {
        fmt::print("{}\n", text_of_json(Json{{"model", task.name}, {"networks", networks}, {"parts", operations}}));
        return;
    }
    for (const auto& [name, part] : operations.items()) {
        fmt::print("\n{}: {}\n{}", name, part["meaning"].get<std::string>(), part["operations"].get<std::string>());
    }
}

}  // namespace

void add_summary_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("summary", "List a model's layers: output shapes, parameters, memory, FLOPs");
    const auto options = std::make_shared<SummaryOptions>();
    command->add_option("model", options->model, "Model")->check(one_of(task_names()));
    command->add_option("--run", options->run, "Directory of a run, whose model has its own sizes");
    command->add_flag("--json", options->json, "Print one line of JSON");
    command->footer(
        "For a batch of one. Bytes are those of the weights, activations those of the output. FLOPs are those of\n"
        "convolutions and matrix products, a multiplication and an addition counted as two.\n"
        "Example:\n  adjoint summary dcgan");
    command->callback([options] { summary(*options); });
}

}  // namespace adjoint
