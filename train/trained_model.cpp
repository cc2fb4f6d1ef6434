#include "train/trained_model.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <spdlog/spdlog.h>

#include "framework/elementwise.h"
#include "framework/shaping.h"
#include "models/vae.h"
#include "models/wgan_gp.h"
#include "train/pictures.h"
#include "train/weights_file.h"

namespace adjoint {
namespace {

template <class Gan>
Generator symmetric(const RunChoice& choice, std::shared_ptr<Gan> model) {
    load_chosen(choice, model->states());
    const auto draw = [model](const Variable& noise) {
        return from_symmetric_to_unit(model->generator(noise).value());
    };
    return {draw, sizes_of(RunDirectory::open(choice.run).config())};
}

}  // namespace

void add_run_options(CLI::App& command, RunChoice& choice, const std::string& of) {
    command.add_option("--run", choice.run, "Directory of " + of)->required();
    command.add_option(
        "--weights", choice.weights,
        "average, last, or a file of weights (.safetensors, .npz or a directory of .npy); by default the "
        "average where the run has one");
}

void load_chosen(const RunChoice& choice, const States& states) {
    load_weights(RunDirectory::open(choice.run).weights(choice.weights), states);
}

Datasets datasets_of(const RunDirectory& run, DatasetOptions options) {
    if (options.name == "auto" && !run.config().dataset.empty()) options.name = run.config().dataset;
    options.image_size = sizes_of(run.config()).image_size;
    options.channels = sizes_of(run.config()).channels;
    if (const double noise = run.config().refinements.noise; noise > 0.0) {
        spdlog::info("the images are without the noise of {} that the run was trained with", noise);
    }
    return open_datasets(options);
}

ImageModelOptions sizes_of(const RunConfig& config) {
    const bool codes = config.model == "autoencoder" || config.model == "vae";
    return config.sizes.value_or(codes ? autoencoder_options : dcgan_options);
}

std::unique_ptr<Autoencoder> trained_autoencoder(const RunChoice& choice) {
    const RunConfig config = RunDirectory::open(choice.run).config();
    std::unique_ptr<Autoencoder> model;
    if (config.model == "autoencoder") model = std::make_unique<Autoencoder>(Random(0), sizes_of(config));
    if (config.model == "vae") model = std::make_unique<VariationalAutoencoder>(Random(0), sizes_of(config));
    if (model) load_chosen(choice, model->states());
    return model;
}

Generator trained_generator(const char* command, const RunChoice& choice) {
    const RunConfig config = RunDirectory::open(choice.run).config();
    const ImageModelOptions sizes = sizes_of(config);
    if (config.model == "wgan-gp") return symmetric(choice, std::make_shared<WganGp>(Random(0)));
    if (config.model == "dcgan") return symmetric(choice, std::make_shared<Dcgan>(Random(0), sizes));
    require(config.model == "vae", "{}: only a vae, a dcgan or a wgan-gp draws new images; got a run of {} in {}",
            command, config.model, choice.run.string());
    const std::shared_ptr<const Autoencoder> model = trained_autoencoder(choice);
    return {[model](const Variable& noise) {
                return sigmoid(model->decode(reshape(noise, {noise.extent(0), -1}))).value();
            },
            sizes};
}

Tensor draw_images(const Generator& generator, Index count, std::uint64_t seed) {
    constexpr Index at_once = 250;
    const auto& [size, channels, latent, width] = generator.sizes;
    const Index numbers = size * size * channels;
    const Random random(seed);
    return Tensor::build<float>({count, size, size, channels}, [&, latent = latent](std::span<float> out) {
        for (Index first = 0; first < count; first += at_once) {
            const Index some = std::min(at_once, count - first);
            const Tensor images = generator.draw(generator_noise(random, some, first, latent));
            std::copy_n(images.data<float>().data(), some * numbers, out.data() + first * numbers);
        }
    });
}

}  // namespace adjoint
