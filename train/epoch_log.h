// What does a run write down when an epoch ends?
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "train/optimizers.h"
#include "train/run_directory.h"
#include "train/training.h"

namespace adjoint {

/// An optimiser, and what the names of its parameters begin with in the whole model: "", "generator.".
struct NamedOptimizer {
    std::string prefix;
    const Optimizer& optimizer;
};

/// Adds the epoch's line to metrics.jsonl, with images_per_second and for each parameter weight_norm/NAME and
/// gradient_norm/NAME, those of the last step, and makes report.html anew.   Throws CannotWrite.
void log_epoch(const RunDirectory& run, int epoch, std::vector<std::pair<std::string, double>> metrics,
               const Progress& progress, const std::vector<NamedOptimizer>& optimizers);

}  // namespace adjoint
