// Trained model: what a run has trained, for the commands that use it.
#pragma once

#include "train/records/run_directory.h"
#include "train/tasks/registry.h"

namespace adjoint {

/// The run that a command looks at, and which of its weights.
struct RunChoice {
    std::filesystem::path run;
    std::string weights = "";
};

/// Declares --run, `of` what it must be a directory of, and --weights.
void add_run_options(CLI::App& command, RunChoice& choice, const std::string& of);

/// A run as it was told to be: its directory, its task and its options, from its config.toml.
struct TrainedRun {
    RunDirectory directory;
    const TaskSpec& task;
    TrainingOptions options;
    std::string weights = "";  ///< average, last, a file, or the average where there is one

    /// Throws MissingInput and DataError where there is no run, or none of a task that there is.
    static TrainedRun open(const RunChoice& choice);

    /// The names of the classes that it tells apart.
    const std::vector<std::string>& class_names() const;
    /// Its model with the chosen weights: all of them, or at least those of the modules that `use` calls. Throws
    /// DataError where one of these is not finite.
    std::shared_ptr<const Module> model(const std::function<void(const Module&)>& use = {}) const;
    /// The dataset that it was trained on, unless another is asked for, as open_datasets takes it.
    DatasetOptions dataset(const DatasetOptions& asked) const;
    /// Opens it, says what it is, and warns where its images are no longer those of the run.
    Datasets datasets(const DatasetOptions& asked) const;
};

/// Noise [N, 1, 1, latent] to images [N, H, W, C] in 0..1.
struct Generator {
    std::function<Tensor(const Variable& noise)> draw;
    ImageModelOptions sizes;
};

/// What draws new images in a run.
/// Throws `<command>: only a vae, a dcgan or a wgan-gp draws new images; got a run of autoencoder in runs/first`.
Generator trained_generator(const char* command, const TrainedRun& run);

/// Images [N, H, W, C] in 0..1, each of its own noise [N, 1, 1, latent] alone, and where the generator is told one of
/// its class: of classes [N], or of each in turn.
Tensor draw_images(const Generator& generator, const Tensor& noise, const std::optional<Tensor>& classes = {});

}  // namespace adjoint
