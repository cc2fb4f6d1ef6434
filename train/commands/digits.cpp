// `adjoint digits`: writes the digits that adjoint draws itself.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "datasets/drawn_digits.h"
#include "framework/tensor/error.h"
#include "train/cli/commands.h"
#include "train/cli/validators.h"
#include "train/io/npy.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

struct DigitsOptions {
    Index count = 100;
    std::uint64_t seed = 1;
    std::filesystem::path png, npy, labels;
};

void digits(const DigitsOptions& options) {
    require(!options.png.empty() || !options.npy.empty() || !options.labels.empty(),
            "digits: name a file to write with --png, --npy or --labels; got none");
    constexpr Index pixels = 28 * 28;
    const DigitsDataset dataset({.seed = options.seed, .first = 0, .size = options.count});
    std::vector<double> labels;
    const Tensor images = Tensor::build<float>({options.count, 28, 28, 1}, [&](std::span<float> out) {
        for (Index i = 0; i < options.count; ++i) labels.push_back(dataset.read(i, out.subspan(i * pixels, pixels)));
    });
    if (!options.png.empty()) {
        const auto columns = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(options.count))));
        write_png(options.png, picture_grid(images, columns));
        fmt::print("{}: {} digits\n", options.png.string(), options.count);
    }
    if (!options.npy.empty()) {
        write_npy(options.npy, images);
        fmt::print("{}: float32 {}\n", options.npy.string(), images.shape());
    }
    if (!options.labels.empty()) {
        write_npy(options.labels, Tensor({options.count}, labels));
        fmt::print("{}: float32 [{}]\n", options.labels.string(), options.count);
    }
}

}  // namespace

void add_digits_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("digits", "Write digits that adjoint draws, with their labels");
    const auto options = std::make_shared<DigitsOptions>();
    command->add_option("--count", options->count, "How many")
        ->check(whole_number(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Image i under a seed is always the same")
        ->check(seed_number())
        ->capture_default_str();
    command->add_option("--png", options->png, "Write a picture of them");
    command->add_option("--npy", options->npy, "Write them as float32 [N, 28, 28, 1] in 0..1");
    command->add_option("--labels", options->labels, "Write their labels as float32 [N]");
    command->footer("Example:\n  adjoint digits --count 400 --png digits.png --npy digits.npy --labels labels.npy");
    command->callback([options] { digits(*options); });
}

}  // namespace adjoint
