// `adjoint weights`: lists what a file of weights holds, and writes it as NumPy has it.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "train/cli/commands.h"
#include "train/io/atomic_file.h"
#include "train/io/npz.h"
#include "train/io/weights_file.h"

namespace adjoint {
namespace {

struct WeightsOptions {
    std::filesystem::path file;
    std::filesystem::path npz;
};

// Name, type, shape and bytes of each, in columns.
void list(std::FILE* out, const StoredTensors& tensors) {
    std::size_t name_width = 0, type_width = 0, shape_width = 0;
    const auto widen = [](std::size_t& width, const std::string& text) { width = std::max(width, text.size()); };
    for (const auto& [name, tensor] : tensors) {
        widen(name_width, name);
        widen(type_width, tensor.type);
        widen(shape_width, fmt::format("{}", tensor.shape));
    }
    for (const auto& [name, tensor] : tensors) {
        fmt::print(out, "{:<{}}  {:<{}}  {:<{}}  {} bytes\n", name, name_width, tensor.type, type_width,
                   fmt::format("{}", tensor.shape), shape_width, tensor.bytes);
    }
}

void weights(const WeightsOptions& options) {
    StoredTensors tensors = open_weights(options.file).tensors, foreign;
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
    std::FILE* const out = messages_beside({options.npz});
    list(out, tensors);
    fmt::print(out, "{} tensors of {} numbers, {} bytes\n", tensors.size(), numbers, bytes);
    for (const auto& [name, tensor] : foreign) fmt::print(out, "passed over: {}  {}\n", name, tensor.type);
    if (options.npz.empty()) return;
    std::map<std::string, std::string> files;
    for (const auto& [name, tensor] : tensors) files.emplace(name, tensor.npy());
    pack_npz(options.npz, files);
    fmt::print(out, "{}\n", options.npz.string());
}

}  // namespace

void add_weights_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("weights", "List the tensors of a weights file, or convert it to .npz");
    const auto options = std::make_shared<WeightsOptions>();
    command->add_option("file", options->file, "A .safetensors or .npz file, or a directory of .npy files")->required();
    command->add_option("--npz", options->npz, "Write the same, types and all, as a .npz file, which numpy.load reads");
    command->footer("Example:\n  adjoint weights runs/first/weights.safetensors --npz weights.npz");
    command->callback([options] { weights(*options); });
}

}  // namespace adjoint
