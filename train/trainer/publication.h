// Publication of a run: what its directory tells those who look at it, while it goes on and afterwards.
#pragma once

#include <chrono>
#include <optional>

#include "train/io/tensorboard.h"
#include "train/records/checkpoints.h"
#include "train/records/run_directory.h"
#include "train/tasks/task.h"

namespace adjoint {

/// Of processes that work together the lead alone publishes; the others' calls do nothing.
class Publication {
  public:
    Publication(RunDirectory run, const TrainingOptions& options) : run_(std::move(run)), options_(options) {}

    const RunDirectory& run() const { return run_; }
    /// The run under another record of itself.
    void rerecord(const RunRecord& record) { run_ = RunDirectory::rerecord(run_.path(), record); }

    /// Before the first step of this process: what an earlier one left of this step and later ones no longer counts.
    void open(const RunState& state);
    /// What the model does before it has learned anything.
    void before_training(const Tensor& picture);
    /// The first batch, where its images are varied.
    void augmented(const Tensor& images) const;
    /// Numbers of some steps within an epoch.
    void point(const RunState& state, const Metrics& numbers);
    /// The end of an epoch, at which the model of the task is so good.
    void epoch(const RunState& state, const Metrics& numbers, const Evaluation& evaluation, const TrainingTask& task);
    /// Something else that happened. The page shows it at once.
    void event(const std::string& what, const RunState& state, const Metrics& numbers = {});

  private:
    using Clock = std::chrono::steady_clock;
    void line(const RunState& state, const Metrics& numbers);
    void write_mistakes(const std::vector<Mistake>& mistakes) const;
    void write_page();

    RunDirectory run_;
    const TrainingOptions& options_;
    std::optional<TensorBoardWriter> board_;
    Clock::time_point page_due_ = {};  // within an epoch
};

}  // namespace adjoint
