// What happens in a training run? Steps, epoch by epoch, each tested at its end; checkpoints between them; a stop in good
// order when it is told to; and a way back when a number goes wrong.
#pragma once

#include <functional>
#include <memory>

#include "train/trainee.h"

namespace adjoint {

/// Trains what `make` makes, as the options say: from the beginning, or from the last checkpoint of the run that is to be
/// resumed. Interrupted at any moment and resumed, a run ends with the very bytes of one that never was, in its weights
/// and its metrics.
/// Throws Interrupted when told to stop, NotFinite when a number went wrong, CheckFailed when a requirement is not met,
/// and what opening the dataset, the run and its checkpoints throws.
void train(const std::string& model, const TrainingOptions& options,
           const std::function<std::unique_ptr<Trainee>(const TrainingSetup&)>& make);

template <class T>
void train(const std::string& model, const TrainingOptions& options) {
    train(model, options, [](const TrainingSetup& setup) { return std::make_unique<T>(setup); });
}

}  // namespace adjoint
