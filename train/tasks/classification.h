// Classification task: making each training image's own label more likely.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// One step on images [N, H, W, C] in 0..1 and their labels; returns its loss.
double classification_step(const Module& model, Optimizer& optimizer, const Variable& images,
                           const std::vector<int>& labels);

/// Any model that makes logits [N, classes] of images.
class ClassificationTask : public AdamTask {
  public:
    using AdamTask::AdamTask;

    Metrics step(const Batch& batch, std::uint64_t) override {
        return {{"loss", classification_step(model(), adam_, batch.images, batch.labels)}};
    }
    Evaluation test() const override;
};

/// What all tasks of this kind have alike: to be given a name, a description and a model.
TaskSpec classification_task();

}  // namespace adjoint
