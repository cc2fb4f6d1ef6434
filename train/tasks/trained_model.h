// Trained model: what a run has trained, for the commands that use it.
#pragma once

#include "train/records/run_directory.h"
#include "train/tasks/registry.h"

namespace adjoint {

/// The run that a command looks at, and which of its weights; or a file of weights without a run.
struct RunChoice {
    std::filesystem::path run;
    std::string weights = "";
    std::string model = "";                  ///< of a file without a run that does not say it
    std::vector<std::string> settings = {};  ///< of that model: width=32
    std::string convention = "";             ///< of names and layouts in the file, where it does not say
};

/// Declares --model, to which `help` belongs, --set and --convention.
void add_model_choice(CLI::App& command, RunChoice& choice, const std::string& help);

/// Declares --run, `of` what it must be a directory of, --weights, --model, --set and --convention.
void add_run_options(CLI::App& command, RunChoice& choice, const std::string& of);

/// A run as it was told to be: its task and its options, from its config.toml; or a file of weights whose metadata or
/// whose user says which model it is of.
struct TrainedRun {
    std::optional<RunDirectory> directory;
    DataRecord data;  ///< the images that it was trained on, as far as that is known
    const TaskSpec& task;
    TrainingOptions options;
    std::filesystem::path weights;  ///< the file
    std::string convention = "";

    /// Throws MissingInput and DataError where there is no run, or none of a task that there is; and where there is
    /// only a file: `w.npz: does not say of which model it is; --model must be vae, …`.
    static TrainedRun open(const RunChoice& choice);

    /// The directory of the run, or the file.
    std::string place() const { return directory ? directory->path().string() : weights.string(); }
    /// Where a picture of this name goes: to samples/ in the run, or here.
    std::filesystem::path sample(const std::string& name) const {
        return directory ? directory->sample(name) : std::filesystem::path(name + ".png");
    }

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
