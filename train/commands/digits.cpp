// `adjoint digits`: writes the digits that adjoint draws itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "datasets/batches.h"
#include "datasets/digits/drawn_digits.h"
#include "framework/tensor/error.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/io/atomic_file.h"
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
    const DigitsDataset dataset({.seed = options.seed, .first = 0, .size = options.count});
    const auto [images, labels] = first_batch(dataset, options.count);
    std::FILE* const out = messages_beside({options.png, options.npy, options.labels});
    if (!options.png.empty()) {
        write_png(options.png, picture_grid(images));
        print_line(out, "{}: {} digits", options.png.string(), options.count);
    }
    if (!options.npy.empty()) {
        write_npy(options.npy, images);
        print_line(out, "{}: float32 {}", options.npy.string(), images.shape());
    }
    if (!options.labels.empty()) {
        write_npy(options.labels, Tensor({options.count}, {labels.begin(), labels.end()}));
        print_line(out, "{}: float32 [{}]", options.labels.string(), options.count);
    }
}

}  // namespace

void add_digits_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("digits", "Write the synthetic digits that adjoint draws, with their labels");
    const auto options = std::make_shared<DigitsOptions>();
    add_setting(*command, "--count", options->count, "Number of digits", whole_number(1, 1'000'000));
    add_setting(*command, "--seed", options->seed, "Random seed; image i of a seed is always the same", seed_number());
    add_output(*command, "--png", options->png, "Write a picture of all digits");
    add_output(*command, "--npy", options->npy, "Write them as float32 [N, 28, 28, 1] in 0..1; - is standard output");
    add_output(*command, "--labels", options->labels, "Write their labels as float32 [N]");
    command->footer("Example:\n  adjoint digits --count 400 --png digits.png --npy digits.npy --labels labels.npy");
    command->callback([options] { digits(*options); });
}

}  // namespace adjoint
