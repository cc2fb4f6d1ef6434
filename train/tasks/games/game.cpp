#include "train/tasks/games/game.h"

namespace adjoint {
namespace {

OptimizerChoice judges_choice(const TrainingOptions& options) {
    OptimizerChoice choice = options.optimizer;
    if (options.judges_learning_rate > 0.0) choice.learning_rate = options.judges_learning_rate;
    return choice;
}

}  // namespace

GameOptimizers::GameOptimizers(const Module& generating, const Module& judging, const TrainingOptions& options)
    : GameOptimizers(generating, judging, options.optimizer, judges_choice(options)) {
    generator->clipping = judge->clipping = options.clipping;
}

}  // namespace adjoint
