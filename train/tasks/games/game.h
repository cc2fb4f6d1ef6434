// Game of two networks: a generator that draws images, and a judge that learns to tell them from real ones.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// The optimisers of the two networks.
struct GameOptimizers {
    GameOptimizers(const Module& generating, const Module& judging, const OptimizerChoice& choice,
                   const OptimizerChoice& judges_choice)
        : generator(make_optimizer(generating.parameters(), choice)),
          judge(make_optimizer(judging.parameters(), judges_choice)) {}
    GameOptimizers(const Module& generating, const Module& judging, const OptimizerChoice& choice)
        : GameOptimizers(generating, judging, choice, choice) {}
    /// As a run's options say.
    GameOptimizers(const Module& generating, const Module& judging, const TrainingOptions& options);

    std::unique_ptr<Optimizer> generator;
    std::unique_ptr<Optimizer> judge;
};

}  // namespace adjoint
