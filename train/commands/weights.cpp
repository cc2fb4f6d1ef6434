// `adjoint weights`: lists what a file of weights holds, and writes it as NumPy has it.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "train/cli/commands.h"
#include "train/io/npz.h"
#include "train/io/weights_file.h"

namespace adjoint {
namespace {

struct WeightsOptions {
    std::filesystem::path file;
    std::filesystem::path npz;
};

void weights(const WeightsOptions& options) {
    const std::map<std::string, Tensor> tensors = read_weights(options.file);
    std::size_t longest = 0;
    for (const auto& [name, tensor] : tensors) longest = std::max(longest, name.size());
    Index numbers = 0;
    for (const auto& [name, tensor] : tensors) {
        fmt::print("{:<{}}  {}  {}\n", name, longest, adjoint::name(tensor.dtype()), tensor.shape());
        numbers += tensor.size();
    }
    fmt::print("{} tensors of {} numbers\n", tensors.size(), numbers);
    if (!options.npz.empty()) {
        write_npz(options.npz, tensors);
        fmt::print("{}\n", options.npz.string());
    }
}

}  // namespace

void add_weights_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("weights", "List the tensors of a weights file, or convert it to .npz");
    const auto options = std::make_shared<WeightsOptions>();
    command->add_option("file", options->file, "A .safetensors or .npz file, or a directory of .npy files")->required();
    command->add_option("--npz", options->npz, "Write the tensors to this .npz file too, which numpy.load reads");
    command->footer("Example:\n  adjoint weights runs/first/weights.safetensors --npz weights.npz");
    command->callback([options] { weights(*options); });
}

}  // namespace adjoint
