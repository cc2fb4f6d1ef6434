// Training steps: what takes a run from one step to the next: a batch, the scale of the learning rate, and the task's
// step. Files, clocks and signals have no part in it: the same settings and state take the same steps.
#pragma once

#include "framework/tensor/precision.h"
#include "train/records/checkpoints.h"
#include "train/tasks/task.h"

namespace adjoint {

/// The steps of a run, from whatever state it is in.
class TrainingSteps {
  public:
    TrainingSteps(const TrainingSetup& setup, TrainingTask& task) : setup_(setup), task_(task) {}

    /// The batches of the epoch under way, from the next one on.
    Batches batches();
    /// Whether their images are varied.
    bool augments() const;
    /// The losses of the next step, on this batch. It is not counted yet: its numbers may have gone wrong.
    Metrics take(const Batch& batch) {
        task_.set_learning_rate_scale(learning_rate_scale(state.steps));
        const PrecisionScope precision(precision_named(setup_.options.precision));
        return task_.step(batch, static_cast<std::uint64_t>(state.steps));
    }
    /// Counts the step that was taken.
    void count(const Metrics& losses);
    /// The end of the epoch under way is the beginning of the next.
    void begin_next_epoch() {
        ++state.epoch;
        state.batch = 0;
        state.losses.clear();
    }

    /// Takes up what a checkpoint holds.
    void restore(Checkpoint checkpoint);
    /// The same of a file that anyone may have changed. Throws DataError where it has sums of other losses than those
    /// of a step, which is taken on trial.
    void resume(const Checkpoint& checkpoint);

    /// What the last step multiplied all learning rates by.
    double last_learning_rate_scale() const { return learning_rate_scale(state.steps - 1); }
    /// The means of the epoch's losses so far, as training_NAME.
    Metrics mean_losses() const;
    /// Whether the step counted last is one after which a point of the metrics is due.
    bool point_due() const;
    /// The means of the losses since the last point, as step_NAME; the next point begins.
    Metrics take_point();

    RunState state;

  private:
    std::string prefix() const;
    double learning_rate_scale(Index step) const {
        return schedule_(step) * state.plateau.scale * state.learning_rate_scale;
    }

    const TrainingSetup& setup_;
    TrainingTask& task_;
    Schedule schedule_;
    Index log_steps_ = 1;  // from one point to the next
};

/// What a run trains and is tested on: all these images, or the batch that it is to overfit.
Datasets images_of_run(const Datasets& all, const TrainingOptions& options, const RunRandom& random);

/// Throws Error where the options contradict one another or the images: a loss is to decide without images for it, a
/// schedule rises twice, or a batch has more images than there are.
void require_trainable(const TrainingSetup& setup, const TrainingTask& task);

/// Which operation made the first number that is not finite, between the checkpoint and a step, counted from 0, or in
/// the test after it: `step 13: conv2d in encoder.down2([64, 14, 14, 32]): the result must be finite; got nan …`. A
/// model of its own takes the steps again with every operation checked, as long as nobody says to stop. Of several
/// processes the lead alone does so, with images that it opens itself, and finds something; the others' is "".
std::string find_non_finite_operation(const TrainingSetup& run, const Checkpoint& checkpoint, Index last_step);

}  // namespace adjoint
