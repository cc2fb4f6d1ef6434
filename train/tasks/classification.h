// Classification task: making each training image's own label more likely.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// One step on images [N, H, W, C] in 0..1 and their labels; returns its loss.
double classification_step(const Module& model, Optimizer& optimizer, const Variable& images,
                           const std::vector<int>& labels);

/// What a classifier makes of images, an element an image.
struct Classified {
    std::vector<int> labels;
    std::vector<int> classes;           ///< the most likely ones
    std::vector<double> probabilities;  ///< of these
    std::vector<double> entropies;      ///< −log p of the labels

    bool right(std::size_t n) const { return classes[n] == labels[n]; }
};
Classified classify(const Module& model, const std::shared_ptr<const Dataset>& images);

/// Any model that makes logits [N, classes] of images.
class ClassificationTask : public OneOptimizerTask {
  public:
    using OneOptimizerTask::OneOptimizerTask;

    Metrics step(const Batch& batch, std::uint64_t) override {
        return {{"loss", classification_step(model(), *optimizer_, batch.images, batch.labels)}};
    }
    Evaluation evaluate(const std::shared_ptr<const Dataset>& images) const override;
};

/// The sizes of a classifier.
inline ClassifierOptions classifier_options(const TrainingOptions& options) {
    return {options.sizes.image_size, options.sizes.channels, options.classes};
}

/// What all tasks of this kind have alike: to be given a name, a description and a model.
TaskSpec classification_task();

}  // namespace adjoint
