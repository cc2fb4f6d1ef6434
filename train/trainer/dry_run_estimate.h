// Dry-run estimate: how long a run will take, and how much memory, measured in a few steps before anything is written.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// Takes a few steps and tests once, and prints the settings and what they mean for the whole run.
void print_dry_run_estimate(TrainingTask& task, const TrainingSetup& setup);

}  // namespace adjoint
