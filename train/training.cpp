#include "train/training.h"

#include <algorithm>
#include <cmath>

#include "train/weights_file.h"

namespace adjoint {

Index all_steps(const TrainingOptions& options, Index steps_an_epoch) {
    const Index all = options.epochs * steps_an_epoch;
    return options.max_steps > 0 ? std::min(options.max_steps, all) : all;
}

Schedule schedule_of(const Refinements& refinements, Index steps) {
    const Index left = std::max<Index>(1, steps - refinements.warm_up);
    const std::string& name = refinements.schedule;
    Schedule schedule = ConstantRate();
    if (name == "linear") schedule = LinearDecay{.steps = left};
    if (name == "cosine") schedule = CosineDecay{.steps = left};
    if (name == "exponential") schedule = ExponentialDecay{.factor = std::pow(0.01, 1.0 / static_cast<double>(left))};
    if (name == "step") schedule = StepDecay{.every = (left + 2) / 3};
    if (name == "one-cycle") schedule = OneCycle{.steps = left};
    return refinements.warm_up > 0 ? WarmUp{.steps = refinements.warm_up, .then = schedule} : schedule;
}

GradientClipping clipping_of(const Refinements& refinements) {
    GradientClipping clipping;
    if (refinements.clip_value > 0.0) clipping.value = refinements.clip_value;
    if (refinements.clip_norm > 0.0) clipping.norm = refinements.clip_norm;
    return clipping;
}

namespace {

// The file that is named, or the weights of the run in the directory.
std::filesystem::path first_weights(const std::string& model, const std::string& init) {
    if (std::filesystem::is_regular_file(init)) return init;
    const RunDirectory run = RunDirectory::open(init);
    require(run.config().model == model, "train {}: the first weights must be of the same model; got a run of {} in {}",
            model, run.config().model, init);
    return run.weights("");
}

}  // namespace

void prepare(const Module& model, const std::string& name, const TrainingOptions& options) {
    const Refinements& refinements = options.refinements;
    if (!refinements.init.empty() && options.keeping.resume.empty()) {
        load_weights(first_weights(name, refinements.init), model.states());
    }
    for (const std::string& frozen : refinements.freeze) model.freeze(frozen);
}

}  // namespace adjoint
