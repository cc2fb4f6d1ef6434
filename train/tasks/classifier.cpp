// Classifier task: a convolutional network that tells classes of images apart.
#include "models/classifier.h"

#include "train/tasks/classification.h"

namespace adjoint {

TaskSpec classifier_task() {
    TaskSpec task = classification_task();
    task.name = "classifier";
    task.description = "Classify digits, or the classes of a folder of images, with a convolutional network";
    task.defaults.schedule = "cosine";
    task.make_model = [](const Random& random, const TrainingOptions& options) {
        return std::make_unique<Classifier>(random, classifier_options(options));
    };
    task.stages = [](const Module& model) { return as<Classifier>(model).stages(); };
    task.features = [](const Module& model, const Variable& x) { return as<Classifier>(model).features(x); };
    task.classify = [](const Module& model, const Variable& x) { return as<Classifier>(model).decide(x); };
    return task;
}

}  // namespace adjoint
