// Training run: steps, epoch by epoch, each tested at its end; checkpoints between them; a stop in good order when it
// is told to; and a way back when a number goes wrong.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// Trains a task as the options say: from the beginning, or from the last checkpoint of the run that is to be resumed.
/// Interrupted at any moment and resumed, a run ends with the very bytes of one that never was, in its weights and its
/// metrics. A task of one's own is a TaskSpec with a name, a model and a TrainingTask with three functions.
/// Throws Interrupted when told to stop, NotFinite when a number went wrong, CheckFailed when a requirement is not met,
/// and what opening the dataset, the run and its checkpoints throws.
void train(const TaskSpec& task, const TrainingOptions& options);

}  // namespace adjoint
