// How does a command come by what a run has trained?
#pragma once

#include <functional>
#include <memory>

#include "models/autoencoder.h"
#include "models/classifier.h"
#include "train/dataset_choice.h"
#include "train/run_directory.h"

namespace CLI {
class App;
}

namespace adjoint {

/// The run that a command looks at, and which of its weights.
struct RunChoice {
    std::filesystem::path run;
    std::string weights = "";
};

/// Declares --run, `of` what it must be a directory of, and --weights.
void add_run_options(CLI::App& command, RunChoice& choice, const std::string& of);

/// Gives the states the weights that were chosen: the run's average where it has one, its last, or those of a file.
void load_chosen(const RunChoice& choice, const States& states);

/// The autoencoder, or variational autoencoder, of a run; nothing where it is of another model.
std::unique_ptr<Autoencoder> trained_autoencoder(const RunChoice& choice);

/// The sizes of images that a run was trained on, and of its model.
ImageModelOptions sizes_of(const RunConfig& config);

/// The images that a run was trained on, unless others are asked for, of the size that its model takes.
Datasets datasets_of(const RunDirectory& run, DatasetOptions options);

/// Noise [N, 1, 1, latent] to images [N, H, W, C] in 0..1.
struct Generator {
    std::function<Tensor(const Variable& noise)> draw;
    ImageModelOptions sizes;
};

/// What draws new images in a run of vae, dcgan or wgan-gp.
/// Throws `<command>: only a vae, a dcgan or a wgan-gp draws new images; got a run of autoencoder in runs/first`.
Generator trained_generator(const char* command, const RunChoice& choice);

/// Images [count, H, W, C] in 0..1; image i is a function of the generator, the seed and i.
Tensor draw_images(const Generator& generator, Index count, std::uint64_t seed);

}  // namespace adjoint
