#include "train/stepping.h"

#include <algorithm>

#include "framework/anomaly.h"
#include "train/interruption.h"

namespace adjoint {

Batches Stepping::batches() {
    const TrainingOptions& options = setup_.options;
    const Random order = setup_.random.order.stream(static_cast<std::uint64_t>(state.epoch));
    Batches epoch(setup_.data.training, {.batch_size = options.batch_size,
                                         .shuffle = options.overfit_one_batch ? std::nullopt : std::optional(order),
                                         .drop_last = trainee_.drops_last(),
                                         .first = state.batch});
    schedule_ = schedule_of(options.refinements, options.epochs * epoch.count());
    return epoch;
}

double Stepping::rate_factor(Index step) const {
    return schedule_(step) * state.plateau.rate_factor * state.rate_factor;
}

Numbers Stepping::take(const Batch& batch) {
    trainee_.set_rate_factor(rate_factor(state.steps));
    return trainee_.step(batch, static_cast<std::uint64_t>(state.steps));
}

void Stepping::count(const Numbers& losses) {
    ++state.steps;
    ++state.batch;
    trainee_.follow();
    if (state.losses.empty()) {
        state.losses = losses;
    } else {
        for (std::size_t i = 0; i < losses.size(); ++i) state.losses[i].second += losses[i].second;
    }
}

void Stepping::begin_next_epoch() {
    ++state.epoch;
    state.batch = 0;
    state.losses.clear();
}

void Stepping::go_back(Checkpoint checkpoint) {
    trainee_.remember(checkpoint.tensors, checkpoint.state.steps);
    state = std::move(checkpoint.state);
}

Numbers Stepping::mean_losses() const {
    Numbers means;
    for (const auto& [name, sum] : state.losses) {
        std::string metric = "training_" + name;
        std::replace(metric.begin(), metric.end(), ' ', '_');
        means.emplace_back(metric, sum / static_cast<double>(state.batch));
    }
    return means;
}

std::string find_culprit(Stepping& stepping, const Trainee& trainee, const Checkpoint& checkpoint, Index last_step) {
    stepping.go_back(checkpoint);
    std::string message = "no operation made a number that is not finite when it was taken again";
    try {
        Batches epoch = stepping.batches();
        while (stepping.state.steps <= last_step && Interruption::signal() == 0) {
            const AnomalyDetector detector(trainee.model().module_names());
            stepping.count(stepping.take(*epoch.next()));
        }
        const Module& tested = trainee.average() != nullptr ? *trainee.average() : trainee.model();
        const AnomalyDetector detector(tested.module_names());
        trainee.test();
    } catch (const NotFinite& found) {
        message = found.what();
    }
    const Index step = std::min(stepping.state.steps, last_step) + 1;
    stepping.go_back(checkpoint);
    return fmt::format("step {}: {}", step, message);
}

}  // namespace adjoint
