#include "train/trainer/run_evaluation.h"

#include <algorithm>
#include <numeric>

namespace adjoint {
namespace {

// With the name of the images in front of everything.
Evaluation named(const std::string& images, Evaluation evaluation) {
    for (auto& [name, value] : evaluation.metrics) name.insert(0, images + "_");
    evaluation.sentence.insert(0, images + " ");
    return evaluation;
}

}  // namespace

std::vector<std::string> evaluation_prefixes(const TrainingOptions& options) {
    if (options.overfit_one_batch) return {"overfit_"};
    if (options.dataset.validation == "0") return {"test_"};
    return {"validation_", "test_"};
}

std::vector<std::string> evaluation_metrics(const TaskSpec& task, const TrainingOptions& options) {
    std::vector<std::string> names;
    for (const std::string& prefix : evaluation_prefixes(options)) {
        for (const std::string& metric : task.metrics) names.push_back(prefix + metric);
    }
    return names;
}

Evaluation evaluate_run(TrainingTask& task, const TrainingSetup& setup) {
    task.reestimate_moments();
    if (setup.options.overfit_one_batch) return named("overfit", task.evaluate(setup.data.test));
    Evaluation shown = named("test", task.evaluate(setup.data.test));
    shown.loss.reset();
    if (!setup.data.validation) return shown;
    Evaluation deciding = named("validation", task.evaluate(setup.data.validation));
    deciding.metrics.insert(deciding.metrics.end(), shown.metrics.begin(), shown.metrics.end());
    shown.metrics = std::move(deciding.metrics);
    shown.sentence = deciding.sentence + "; " + shown.sentence;
    shown.loss = deciding.loss;
    return shown;
}

Tensor picture_of_run(const TrainingTask& task, const Datasets& data) {
    std::vector<Index> first(static_cast<std::size_t>(std::min<Index>(sample_count, data.test->size())));
    std::iota(first.begin(), first.end(), Index{0});
    return task.evaluate(std::make_shared<Subset>(data.test, std::move(first))).picture;
}

}  // namespace adjoint
