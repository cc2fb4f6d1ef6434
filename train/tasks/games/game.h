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

/// What the tasks of games have in common.
class GameTask : public TrainingTask {
  public:
    using TrainingTask::TrainingTask;
    bool drops_last() const override { return true; }

  protected:
    /// Noise [images, 1, 1, latent], as divided as a batch of so many images is.
    Tensor noise(const Random& random, Index images) const;
    /// Adds what a generator draws of noise that stays the same, a column for each class where it is told classes: the
    /// picture, and its share of checkerboards.
    Evaluation with_samples(Evaluation evaluation, const Module& generator, Index told_classes) const;
};

}  // namespace adjoint
