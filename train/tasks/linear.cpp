// Linear task: the baseline of a classifier.
#include "models/classifier.h"
#include "train/tasks/classification.h"

namespace adjoint {

TaskSpec linear_task() {
    TaskSpec task = classification_task();
    task.name = "linear";
    task.description = "Classify images by softmax regression on their pixels, a baseline";
    task.make_model = [](const Random& random, const TrainingOptions& options) {
        return std::make_unique<LinearClassifier>(random, classifier_options(options));
    };
    return task;
}

}  // namespace adjoint
