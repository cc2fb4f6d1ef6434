// Run directory: what a run leaves behind, and how it is found again.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "layers/module.h"
#include "train/data/data_record.h"
#include "train/io/atomic_file.h"
#include "train/records/metric_lines.h"

namespace adjoint {

/// What a run is of. Of its settings the text alone: `read_settings` and the declarations know what they mean.
struct RunRecord {
    std::string model = "";  ///< the name of its task
    DataRecord data = {};
    std::string settings = "";
};

/// A directory with
///   config.toml             the settings, to be given to `train` again
///   config.json             what nobody chose: the images that were found, versions, the processor
///   metrics.jsonl, .csv     a line every few steps and at the end of each epoch: a function of the settings alone
///   events.jsonl, log.txt   what happened when
///   checkpoints/, samples/, report.html, weights.safetensors, best.safetensors where one loss decides which they are
///   and, where weights are averaged, average.safetensors.
class RunDirectory {
  public:
    /// Makes the directory `path`, or runs/MODEL-DATE-TIME where path is empty, and returns it: it can be locked before
    /// anything is written there. Throws CannotWrite when it cannot be made.
    static std::filesystem::path make_place(const std::filesystem::path& path, const std::string& model);
    /// Writes into the directory `path` what makes it that of a run. A run that is replaced is gone; one that was
    /// stopped before it had saved anything is begun again.
    /// Throws CannotWrite when it holds a run already and `overwrite` is not set, or anything else, or a link as below.
    static RunDirectory create(const std::filesystem::path& path, const RunRecord& record, bool overwrite);
    /// Gives an existing run another record. Throws CannotWrite.
    static RunDirectory rerecord(const std::filesystem::path& path, const RunRecord& record);
    /// Opens an existing run. Throws MissingInput when there is none, DataError when its config.json is damaged.
    static RunDirectory open(const std::filesystem::path& path);
    /// The same to write into it: throws CannotWrite where a symbolic link in it leads out of it, as it can in a run
    /// that somebody else made.
    static RunDirectory open_to_write(const std::filesystem::path& path);

    const std::string& model() const { return model_; }
    const DataRecord& data() const { return data_; }
    /// Throws DataError where these are not the images that the run was begun with, wherever they are now.
    void require_images(const DataRecord& now) const;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path weights() const { return path_ / "weights.safetensors"; }  ///< of the last step
    std::filesystem::path average() const { return path_ / "average.safetensors"; }  ///< over the steps
    std::filesystem::path best() const { return path_ / "best.safetensors"; }        ///< by the validation loss
    /// The weights that one asks for as "last", "average" or "best", or "" for the average where there is one, else the
    /// last; anything else is the path of other weights.
    std::filesystem::path weights(const std::string& which) const;
    std::filesystem::path samples() const { return path_ / "samples"; }
    std::filesystem::path sample(const std::string& name) const { return samples() / (name + ".png"); }

    std::filesystem::path settings() const { return path_ / "config.toml"; }
    std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
    std::filesystem::path log() const { return path_ / "log.txt"; }

    /// Adds a line to metrics.jsonl.
    void log_metrics(const MetricPlace& place, const Metrics& numbers) const;
    /// Makes metrics.csv the same as a table.
    void write_csv() const { write_atomically(path_ / "metrics.csv", csv_of(metric_lines(metrics()))); }
    /// The text of metrics.jsonl.
    std::string metrics() const;
    /// Makes metrics.jsonl hold this text and no more.
    void restore_metrics(const std::string& text) const { write_atomically(path_ / "metrics.jsonl", text); }
    /// Whether its last event says that it has come to its end.
    bool finished() const;
    /// Adds a line to events.jsonl: the time, what happened, in which epoch, and numbers by name.
    void log_event(const std::string& event, Index epoch, const Metrics& numbers) const;

    /// Saves all of a model's states to one of the files of weights, with these metadata and what they are: the model's
    /// name and adjoint's layouts.
    void save_weights(const std::filesystem::path& file, const States& states,
                      std::map<std::string, std::string> metadata = {}) const;

  private:
    RunDirectory(std::filesystem::path path, std::string model, DataRecord data)
        : path_(std::move(path)), model_(std::move(model)), data_(std::move(data)) {}

    std::filesystem::path path_;
    std::string model_;
    DataRecord data_;
};

}  // namespace adjoint
