// Run evaluation: how good a run is on the images that decide, and on those that are only shown.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// What stands before the names of the metrics of an evaluation: validation_ and test_, or overfit_ for the batch that
/// is learned by heart.
std::vector<std::string> evaluation_prefixes(const TrainingOptions& options);
/// The names of all metrics of evaluate_run.
std::vector<std::string> evaluation_metrics(const TaskSpec& task, const TrainingOptions& options);

/// The model on the validation images, whose loss is the one that decides, and on the test images, of which the picture
/// is; or on the batch that is learned by heart.
Evaluation evaluate_run(TrainingTask& task, const TrainingSetup& setup);

/// What the model does with a few test images.
Tensor picture_of_run(const TrainingTask& task, const Datasets& data);

}  // namespace adjoint
