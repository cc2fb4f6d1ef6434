#include "train/tasks/games/game.h"

#include "framework/tensor/processes.h"
#include "models/dcgan.h"
#include "train/evaluation/image_quality.h"
#include "train/io/png.h"

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

Tensor GameTask::noise(const Random& random, Index images) const {
    return divided(generator_noise(random, images, {.length = setup_.options.sizes.latent}));
}

Evaluation GameTask::with_samples(Evaluation evaluation, const Module& generator, Index told_classes) const {
    const Index columns = 0 < told_classes && told_classes < sample_columns ? told_classes : sample_columns;
    const Index count = sample_count / sample_columns * columns;
    const Tensor classes = divided(classes_in_turn(count, told_classes));
    const Variable drawn = generator(with_classes(noise(setup_.random.fixed_noise, count), classes, told_classes));
    const Tensor images = from_symmetric_to_unit(gathered(drawn.value()));
    evaluation.metrics.push_back({"checkerboard_share", checkerboards(images)});
    evaluation.picture = picture_grid(images, columns);
    return evaluation;
}

}  // namespace adjoint
