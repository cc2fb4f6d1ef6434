// `adjoint sample`: draws images with a trained generator.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "datasets/read_file.h"
#include "models/dcgan.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/io/atomic_file.h"
#include "train/io/npy.h"
#include "train/io/png.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct SampleOptions {
    RunChoice choice;
    Index count = 64;
    std::uint64_t seed = 1;
    std::optional<Index> of_class = {};
    std::filesystem::path noise, write_noise;
    std::filesystem::path png, npy;
};

// The noise that was given, or that of the seed: [N, 1, 1, latent].
Tensor noise_of(const SampleOptions& options, Index latent) {
    if (options.noise.empty()) return generator_noise(Random(options.seed), options.count, {.length = latent});
    const Tensor noise = tensor_of_npy(options.noise, read_input(options.noise)).cast(DType::float32);
    const Index count = noise.rank() > 0 ? noise.extent(0) : 0;
    require<DataError>(
        count > 0 && (noise.shape() == Shape{count, latent} || noise.shape() == Shape{count, 1, 1, latent}),
        "{}: noise must be [N, {}] or [N, 1, 1, {}]; got {}", options.noise.string(), latent, latent, noise.shape());
    return noise.reshaped({count, 1, 1, latent});
}

void sample(SampleOptions options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    const Generator generator = trained_generator("sample", run);
    const Tensor noise = noise_of(options, generator.sizes.latent);
    const Index told = generator.sizes.told_classes;
    std::optional<Tensor> classes;
    if (options.of_class) {
        require(told > 0, "sample: --class is for a run that was trained with --conditional; got one without in {}",
                run.place());
        require(*options.of_class < told, "sample: --class must be from 0 to {}; got {}", told - 1, *options.of_class);
        classes = Tensor::full({noise.extent(0)}, static_cast<double>(*options.of_class), DType::float64);
    }
    const Tensor images = draw_images(generator, noise, classes);
    if (options.png.empty() && options.npy.empty()) {
        options.png = run.sample(options.noise.empty() ? fmt::format("seed-{}", options.seed) : "noise");
    }
    std::FILE* const out = messages_beside({options.png, options.npy, options.write_noise});
    if (!options.png.empty()) {
        write_png(options.png, picture_grid(images));
        print_line(out, "{}: {} samples", options.png.string(), images.extent(0));
    }
    if (!options.npy.empty()) {
        write_npy(options.npy, images);
        print_line(out, "{}: float32 {}", options.npy.string(), images.shape());
    }
    if (!options.write_noise.empty()) {
        write_npy(options.write_noise, noise);
        print_line(out, "{}: float32 {}", options.write_noise.string(), noise.shape());
    }
}

}  // namespace

void add_sample_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("sample", "Draw new images with a trained generator");
    const auto options = std::make_shared<SampleOptions>();
    add_run_options(*command, options->choice, "a run of " + any_of(task_names(&TaskSpec::draw)));
    CLI::Option* const noise =
        command->add_option("--noise", options->noise, "Noise from this .npy [N, latent] instead of a seed");
    add_setting(*command, "--count", options->count, "Number of images", whole_number(1, 1'000'000))->excludes(noise);
    add_setting(*command, "--seed", options->seed, "Random seed of the noise", seed_number())->excludes(noise);
    command
        ->add_option("--class", options->of_class,
                     "Number of the class to draw, by a run trained with --conditional; by default each in turn")
        ->check(whole_number(0, 1'000'000));
    add_output(*command, "--write-noise", options->write_noise, "Write the noise as float32 [N, 1, 1, latent]");
    add_output(*command, "--png", options->png, "Write a picture of all samples; by default to samples/ in the run");
    add_output(*command, "--npy", options->npy,
               "Write the samples as float32 [N, H, W, C] in 0..1; - is standard output");
    command->footer(
        "Example:\n  adjoint sample --run runs/first --count 100 --seed 7 --png digits.png --npy digits.npy");
    command->callback([options] { sample(*options); });
}

}  // namespace adjoint
