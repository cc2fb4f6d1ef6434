#include "train/trainer/training_steps.h"

#include <algorithm>

#include "framework/analysis/anomaly.h"
#include "train/cli/interruption.h"

namespace adjoint {

Batches TrainingSteps::batches() {
    const TrainingOptions& options = setup_.options;
    const Random order = setup_.random.order.stream(static_cast<std::uint64_t>(state.epoch));
    Batches epoch(setup_.data.training, {.batch_size = options.batch_size,
                                         .shuffle = options.overfit_one_batch ? std::nullopt : std::optional(order),
                                         .drop_last = task_.drops_last(),
                                         .first = state.batch});
    schedule_ = schedule_of(options, options.epochs * epoch.count());
    return epoch;
}

void TrainingSteps::count(const Metrics& losses) {
    ++state.steps;
    ++state.batch;
    task_.update_ema();
    if (state.losses.empty()) {
        state.losses = losses;
    } else {
        for (std::size_t i = 0; i < losses.size(); ++i) state.losses[i].second += losses[i].second;
    }
}

void TrainingSteps::restore(Checkpoint checkpoint) {
    task_.load_state_dict(checkpoint.tensors, checkpoint.state.steps);
    state = std::move(checkpoint.state);
}

Metrics TrainingSteps::mean_losses() const {
    Metrics means;
    for (const auto& [name, sum] : state.losses) {
        std::string metric = "training_" + name;
        std::replace(metric.begin(), metric.end(), ' ', '_');
        means.emplace_back(metric, sum / static_cast<double>(state.batch));
    }
    return means;
}

std::string find_non_finite_operation(TrainingSteps& steps, const TrainingTask& task, const Checkpoint& checkpoint,
                                      Index last_step) {
    steps.restore(checkpoint);
    std::string message = "no operation made a number that is not finite when it was taken again";
    try {
        Batches epoch = steps.batches();
        while (steps.state.steps <= last_step && Interruption::signal() == 0) {
            const AnomalyDetector detector(task.model().module_names());
            steps.count(steps.take(*epoch.next()));
        }
        const AnomalyDetector detector(task.evaluation_model().module_names());
        task.test();
    } catch (const NotFinite& found) {
        message = found.what();
    }
    const Index step = std::min(steps.state.steps, last_step) + 1;
    steps.restore(checkpoint);
    return fmt::format("step {}: {}", step, message);
}

}  // namespace adjoint
