// Linear task: the baseline of a classifier.
#include "models/classifier.h"
#include "train/tasks/classification.h"

namespace adjoint {

TaskSpec linear_task() {
    TaskSpec task = classification_task();
    task.name = "linear";
    task.description = "Tell the ten digits apart by sums of their pixels, a baseline";
    task.make_model = [](const Random& random, const TrainingOptions&) {
        return std::make_unique<LinearClassifier>(random);
    };
    return task;
}

}  // namespace adjoint
