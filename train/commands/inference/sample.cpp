// `adjoint sample`: draws images with a trained generator.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "train/cli/commands.h"
#include "train/cli/validators.h"
#include "train/io/npy.h"
#include "train/io/png.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct SampleOptions {
    RunChoice choice;
    Index count = 64;
    std::uint64_t seed = 1;
    std::filesystem::path png;
    std::filesystem::path npy;
};

void sample(SampleOptions options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    const Tensor images = draw_images(trained_generator("sample", run), options.count, options.seed);
    if (options.png.empty() && options.npy.empty()) {
        options.png = run.directory.sample(fmt::format("seed-{}", options.seed));
    }
    if (!options.png.empty()) {
        write_png(options.png, picture_grid(images));
        fmt::print("{}: {} samples\n", options.png.string(), options.count);
    }
    if (!options.npy.empty()) {
        write_npy(options.npy, images);
        fmt::print("{}: float32 {}\n", options.npy.string(), images.shape());
    }
}

}  // namespace

void add_sample_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("sample", "Draw new images with a trained generator");
    const auto options = std::make_shared<SampleOptions>();
    add_run_options(*command, options->choice, "a run of " + any_of(task_names(&TaskSpec::draw)));
    add_setting(*command, "--count", options->count, "Number of images", whole_number(1, 1'000'000));
    add_setting(*command, "--seed", options->seed, "Random seed of the noise", seed_number());
    command->add_option("--png", options->png, "Write a picture of all samples; by default to samples/ in the run");
    command->add_option("--npy", options->npy, "Write the samples as float32 [N, H, W, C] in 0..1");
    command->footer(
        "Example:\n  adjoint sample --run runs/first --count 100 --seed 7 --png digits.png --npy digits.npy");
    command->callback([options] { sample(*options); });
}

}  // namespace adjoint
