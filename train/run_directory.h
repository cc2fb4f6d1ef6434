// What does a run leave behind, and how is it found again?
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layers/module.h"
#include "models/image_model.h"
#include "train/named.h"

namespace adjoint {

/// What may be done in training beside following the gradient.
struct Refinements {
    std::string schedule = "constant";     ///< of the learning rate: as `adjoint train MODEL --help` lists them
    Index warm_up = 0;                     ///< steps in which the learning rate rises first
    double clip_norm = 0.0;                ///< of all gradients together; 0 for none
    double clip_value = 0.0;               ///< of each element of a gradient; 0 for none
    double noise = 0.0;                    ///< deviation of that in what an autoencoder sees of images
    double ema = 0.0;                      ///< decay of the average of the weights; 0 for none
    std::vector<std::string> freeze = {};  ///< names of parameters, or what they begin with, that keep their values
    std::string init = "";                 ///< the run or file whose weights are the first ones; else random
};

/// What was trained and how: config.json of a run.
struct RunConfig {
    std::string model = "";  ///< autoencoder, vae, classifier, dcgan or wgan-gp
    std::string dataset = "";
    Index epochs = 0;
    Index batch_size = 0;
    double learning_rate = 0.0;
    std::uint64_t seed = 0;
    Refinements refinements = {};
    std::optional<ImageModelOptions> sizes = {};  ///< of the model; nothing: its own
};

/// A directory with
///   config.toml             the settings, to be given to `train` again; config.json: what was trained, by what and where
///   metrics.jsonl           a line an epoch: a function of the settings alone
///   events.jsonl, log.txt   what happened when
///   checkpoints/, samples/, report.html, weights.safetensors and, where weights are averaged, average.safetensors.
class RunDirectory {
  public:
    /// Makes the directory `path`, or runs/MODEL-DATE-TIME where path is empty. A run that is replaced is gone.
    /// Throws CannotWrite when it cannot be made, holds a run already and `overwrite` is not set, or holds anything else.
    static RunDirectory create(std::filesystem::path path, const RunConfig& config, bool overwrite,
                               const std::string& settings = "");
    /// Gives an existing run another configuration. Throws CannotWrite.
    static RunDirectory reconfigure(const std::filesystem::path& path, const RunConfig& config,
                                    const std::string& settings);
    /// Opens an existing run. Throws MissingInput when there is none, DataError when its config.json is damaged.
    static RunDirectory open(const std::filesystem::path& path);

    const RunConfig& config() const { return config_; }
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path weights() const { return path_ / "weights.safetensors"; }  ///< of the last step
    std::filesystem::path average() const { return path_ / "average.safetensors"; }  ///< over the steps
    /// The weights that one asks for as "last" or "average", or "" for the average where there is one, else the last;
    /// anything else is the path of other weights.
    std::filesystem::path weights(const std::string& which) const;
    std::filesystem::path samples() const { return path_ / "samples"; }
    std::filesystem::path sample(const std::string& name) const { return samples() / (name + ".png"); }

    std::filesystem::path settings() const { return path_ / "config.toml"; }
    std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
    std::filesystem::path log() const { return path_ / "log.txt"; }

    /// Adds a line to metrics.jsonl: the epoch and numbers by name.
    void log_metrics(Index epoch, const Numbers& metrics) const;
    /// The text of metrics.jsonl.
    std::string metrics() const;
    /// Makes metrics.jsonl hold this text and no more.
    void restore_metrics(const std::string& text) const;
    /// Adds a line to events.jsonl: the time, what happened, in which epoch, and numbers by name.
    void log_event(const std::string& event, Index epoch, const Numbers& numbers) const;

    /// Saves all of the model's states as the run's weights.
    void save_weights(const States& states) const;
    /// Saves all of the averaged model's states as the run's average.
    void save_average(const States& states) const;

  private:
    RunDirectory(std::filesystem::path path, RunConfig config) : path_(std::move(path)), config_(std::move(config)) {}

    std::filesystem::path path_;
    RunConfig config_;
};

}  // namespace adjoint
