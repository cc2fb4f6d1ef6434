// `adjoint sample`: which digits does a trained generator draw?
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "models/wgan_gp.h"
#include "train/commands.h"
#include "train/npy.h"
#include "train/pictures.h"
#include "train/run_directory.h"
#include "train/safetensors.h"
#include "train/validators.h"

namespace adjoint {
namespace {

struct SampleOptions {
    std::filesystem::path run;
    std::string weights;
    Index count = 64;
    std::uint64_t seed = 1;
    std::filesystem::path png;
    std::filesystem::path npy;
};

// Images [count, S, S, channels] in 0..1; image i is a function of the weights, the seed and i.
Tensor draw(const Sequential& generator, const SampleOptions& options, const ImageModelOptions& sizes) {
    constexpr Index at_once = 250;
    const Index pixels = sizes.image_size * sizes.image_size * sizes.channels;
    const Random random(options.seed);
    return Tensor::build<float>(
        {options.count, sizes.image_size, sizes.image_size, sizes.channels}, [&](std::span<float> out) {
            for (Index first = 0; first < options.count; first += at_once) {
                const Index count = std::min(at_once, options.count - first);
                const Variable noise = generator_noise(random, count, first, sizes.latent);
                const Tensor images = from_symmetric_to_unit(generator(noise).value());
                std::copy_n(images.data<float>().data(), count * pixels, out.data() + first * pixels);
            }
        });
}

Tensor draw(const RunDirectory& run, const SampleOptions& options) {
    const std::string& name = run.config().model;
    require(name == "dcgan" || name == "wgan-gp",
            "sample: only a dcgan or a wgan-gp draws new images; got a run of {} in {}", name, options.run.string());
    if (name == "wgan-gp") {
        const WganGp model{Random(0)};
        load_states(run.weights(options.weights), model.states());
        return draw(model.generator, options, dcgan_options);
    }
    const ImageModelOptions sizes = run.config().sizes.value_or(dcgan_options);
    const Dcgan model(Random(0), sizes);
    load_states(run.weights(options.weights), model.states());
    return draw(model.generator, options, sizes);
}

void sample(SampleOptions options) {
    const RunDirectory run = RunDirectory::open(options.run);
    const Tensor images = draw(run, options);
    if (options.png.empty() && options.npy.empty()) options.png = run.sample(fmt::format("seed-{}", options.seed));
    if (!options.png.empty()) {
        const auto columns = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(options.count))));
        write_png(options.png, picture_grid(images, columns));
        fmt::print("{}: {} samples\n", options.png.string(), options.count);
    }
    if (!options.npy.empty()) {
        write_npy(options.npy, images);
        fmt::print("{}: float32 {}\n", options.npy.string(), images.shape());
    }
}

}  // namespace

void add_sample_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("sample", "Draw digits with the generator of a run");
    const auto options = std::make_shared<SampleOptions>();
    command->add_option("--run", options->run, "Directory of a run of dcgan or wgan-gp")->required();
    command->add_option("--weights", options->weights, "average or last; by default the average where the run has one")
        ->check(CLI::IsMember({"average", "last"}));
    command->add_option("--count", options->count, "How many")
        ->check(whole_number(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the noise")->check(seed_number())->capture_default_str();
    command->add_option("--png", options->png, "Write a picture of all samples; by default to samples/ in the run");
    command->add_option("--npy", options->npy, "Write the samples as float32 [N, H, W, C] in 0..1");
    command->footer(
        "Example:\n  adjoint sample --run runs/first --count 100 --seed 7 --png digits.png --npy digits.npy");
    command->callback([options] { sample(*options); });
}

}  // namespace adjoint
