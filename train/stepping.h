// What takes a run from one step to the next? A batch, the factor of the learning rate, and the trainee's step. Files, clocks
// and signals have no part in it: the same settings and state take the same steps.
#pragma once

#include "train/checkpoints.h"
#include "train/trainee.h"

namespace adjoint {

/// The steps of a run, from whatever state it is in.
class Stepping {
  public:
    Stepping(const TrainingSetup& setup, Trainee& trainee) : setup_(setup), trainee_(trainee) {}

    /// The batches of the epoch under way, from the next one on.
    Batches batches();
    /// The losses of the next step, on this batch. It is not counted yet: its numbers may have gone wrong.
    Numbers take(const Batch& batch);
    /// Counts the step that was taken.
    void count(const Numbers& losses);
    /// The end of the epoch under way is the beginning of the next.
    void begin_next_epoch();

    /// Takes up what a checkpoint holds.
    void go_back(Checkpoint checkpoint);

    /// What the last step multiplied all learning rates by.
    double last_rate_factor() const { return rate_factor(state.steps - 1); }
    /// The means of the epoch's losses so far, as training_NAME.
    Numbers mean_losses() const;

    RunState state;

  private:
    double rate_factor(Index step) const;

    const TrainingSetup& setup_;
    Trainee& trainee_;
    Schedule schedule_;
};

/// Which operation made the first number that is not finite, between the checkpoint and a step, counted from 0, or in the
/// test after it: `step 13: conv2d in encoder.down2([64, 14, 14, 32]): the result must be finite; got nan …`. The steps are
/// taken again with every operation checked, as long as nobody says to stop; afterwards all is as the checkpoint has it.
std::string find_culprit(Stepping& stepping, const Trainee& trainee, const Checkpoint& checkpoint, Index last_step);

}  // namespace adjoint
