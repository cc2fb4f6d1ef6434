// How long will a run take, and how much memory? Measured in a few steps, before anything is written.
#pragma once

#include "train/trainee.h"

namespace adjoint {

/// Takes a few steps and tests once, and prints the settings and what they mean for the whole run.
void print_forecast(Trainee& trainee, const TrainingSetup& setup);

}  // namespace adjoint
