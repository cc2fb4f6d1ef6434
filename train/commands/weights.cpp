// `adjoint weights`: lists what a file of weights holds, also as a model takes it, and writes it as NumPy has it.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/io/atomic_file.h"
#include "train/io/npz.h"
#include "train/tasks/model_parts.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct WeightsOptions {
    RunChoice of;
    std::filesystem::path npz, safetensors;
};

// The file, or what a model of this kind takes it for.
WeightsFile open(const WeightsOptions& options) {
    if (options.of.model.empty()) return open_weights(options.of.weights);
    const TrainedRun run = TrainedRun::open(options.of);
    return open_weights_of(run.task, run.options, run.weights, run.convention);
}

// Name, type, shape and bytes of each, in columns, and what it was called.
void list(std::FILE* out, const StoredTensors& tensors, const std::map<std::string, std::string>& called) {
    std::size_t name_width = 0, type_width = 0, shape_width = 0;
    const auto widen = [](std::size_t& width, const std::string& text) { width = std::max(width, text.size()); };
    for (const auto& [name, tensor] : tensors) {
        widen(name_width, name);
        widen(type_width, tensor.type);
        widen(shape_width, fmt::format("{}", tensor.shape));
    }
    for (const auto& [name, tensor] : tensors) {
        const auto old = called.find(name);
        print_line(out, "{:<{}}  {:<{}}  {:<{}}  {} bytes{}", name, name_width, tensor.type, type_width,
                   fmt::format("{}", tensor.shape), shape_width, tensor.bytes,
                   old == called.end() || old->second == name ? "" : "  from " + old->second);
    }
}

void weights(const WeightsOptions& options) {
    const WeightsFile file = open(options);
    Differences differences;
    for (const auto& [name, misfit] : file.misfits) differences.misshapen.push_back(misfit);
    differences.require_none(file.path);
    StoredTensors tensors = file.tensors, foreign;
    Index numbers = 0;
    std::uint64_t bytes = 0;
    for (auto at = tensors.begin(); at != tensors.end();) {
        const auto each = at++;
        if (each->second.foreign) {
            foreign.insert(tensors.extract(each));
        } else {
            numbers += element_count(each->second.shape);
            bytes += each->second.bytes;
        }
    }
    const bool converts = !options.npz.empty() || !options.safetensors.empty();
    require<DataError>(!tensors.empty() || !converts, "{}: must hold a tensor to convert; got none",
                       file.path.string());
    std::FILE* const out = messages_beside({options.npz, options.safetensors});
    list(out, tensors, file.called);
    print_line(out, "{} tensors of {} numbers, {} bytes", tensors.size(), numbers, bytes);
    for (const auto& [name, tensor] : foreign) print_line(out, "passed over: {}  {}", name, tensor.type);
    if (!options.npz.empty()) {
        std::map<std::string, std::string> files;
        for (const auto& [name, tensor] : tensors) files.emplace(name, tensor.npy());
        pack_npz(options.npz, files);
        print_line(out, "{}", options.npz.string());
    }
    if (!options.safetensors.empty()) {
        NamedTensors values;
        for (const auto& [name, tensor] : tensors) values.emplace_back(name, tensor.tensor());
        write_safetensors(options.safetensors, values, {{convention_key, "adjoint"}});
        print_line(out, "{}", options.safetensors.string());
    }
}

}  // namespace

void add_weights_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("weights", "List the tensors of a weights file, or convert it to .npz");
    const auto options = std::make_shared<WeightsOptions>();
    command->add_option("file", options->of.weights, "A .safetensors or .npz file, or a directory of .npy files")
        ->required();
    add_output(*command, "--npz", options->npz,
               "Write the same, types and all, as a .npz file, which numpy.load reads");
    add_model_choice(*command, options->of, "Show the weights under the names and in the layouts of this model");
    add_output(*command, "--safetensors", options->safetensors,
               "Write the same as float32 or float64 into a .safetensors file")
        ->needs(command->get_option("--model"));
    command->footer(
        "Examples:\n  adjoint weights runs/first/weights.safetensors --npz weights.npz\n"
        "  adjoint weights generator.safetensors --model dcgan --set image-size=64 channels=3 --safetensors "
        "ours.safetensors");
    command->callback([options] { weights(*options); });
}

}  // namespace adjoint
