#include "train/trainer/training_steps.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <utility>

#include "datasets/augmentation.h"
#include "framework/analysis/anomaly.h"
#include "framework/tensor/processes.h"
#include "train/cli/interruption.h"
#include "train/io/json_text.h"
#include "train/trainer/agreement.h"
#include "train/trainer/run_evaluation.h"

namespace adjoint {

namespace {

// With the means of so many numbers in place of their sums.
Metrics means(const std::string& prefix, const Metrics& sums, Index count) {
    Metrics result;
    for (const auto& [name, sum] : sums) {
        std::string metric = prefix + name;
        std::ranges::replace(metric, ' ', '_');
        result.emplace_back(metric, sum / static_cast<double>(count));
    }
    return result;
}

// Sums of a checkpoint may be of other losses.
void add(Metrics& sums, const Metrics& losses) {
    if (sums.empty()) {
        sums = losses;
        return;
    }
    using Named = Metrics::value_type;
    if (!std::ranges::equal(sums, losses, {}, &Named::first, &Named::first)) {
        const auto names = [](const Metrics& all) {
            std::vector<std::string> found;
            for (const Named& named : all) found.push_back(named.first);
            return found;
        };
        throw DataError(fmt::format("must have sums of the losses {}; got {}", fmt::join(names(losses), ", "),
                                    shortened(fmt::format("{}", fmt::join(names(sums), ", ")))));
    }
    for (std::size_t i = 0; i < losses.size(); ++i) sums[i].second += losses[i].second;
}

}  // namespace

Batches TrainingSteps::batches() {
    const TrainingOptions& options = setup_.options;
    const auto number = static_cast<std::uint64_t>(state.epoch);
    const Random order = setup_.random.order.stream(number);
    std::shared_ptr<const Dataset> images = setup_.data.training;
    if (augments())
        images = std::make_shared<Augmented>(images, Augmentation::parse(options.augment),
                                             setup_.random.augmentation.stream(number));
    Batches epoch(images, {.batch_size = options.batch_size,
                           .shuffle = options.overfit_one_batch ? std::nullopt : std::optional(order),
                           .drop_last = task_.drops_last(),
                           .first = state.batch});
    schedule_ = schedule_of(options, options.epochs * epoch.count());
    constexpr Index points_an_epoch = 200;
    log_steps_ = options.log_steps > 0 ? options.log_steps : ceil_divide(epoch.count(), points_an_epoch);
    return epoch;
}

bool TrainingSteps::augments() const { return !setup_.options.augment.empty() && !setup_.options.overfit_one_batch; }

void TrainingSteps::count(const Metrics& losses) {
    ++state.steps;
    ++state.batch;
    task_.update_ema();
    add(state.losses, losses);
    add(state.point, losses);
    ++state.point_steps;
}

void TrainingSteps::restore(Checkpoint checkpoint) {
    task_.load_state_dict(checkpoint.tensors, checkpoint.state.steps);
    state = std::move(checkpoint.state);
}

void TrainingSteps::resume(const Checkpoint& checkpoint) {
    restore(checkpoint);
    if (state.losses.empty() && state.point.empty()) return;
    try {
        if (const auto batch = batches().next()) count(take(*batch));
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: {}", checkpoint.file.string(), error.what()));
    }
    restore(checkpoint);
}

Metrics TrainingSteps::mean_losses() const { return means(prefix() + "training_", state.losses, state.batch); }

std::string TrainingSteps::prefix() const { return setup_.options.overfit_one_batch ? "overfit_" : ""; }

bool TrainingSteps::point_due() const { return state.steps % log_steps_ == 0; }

Metrics TrainingSteps::take_point() {
    return means(prefix() + "step_", std::exchange(state.point, {}), std::exchange(state.point_steps, 0));
}

Datasets images_of_run(const Datasets& all, const TrainingOptions& options, const RunRandom& random) {
    return options.overfit_one_batch ? one_batch_of(all, options.batch_size, random.order.stream(1)) : all;
}

void require_trainable(const TrainingSetup& setup, const TrainingTask& task) {
    const TrainingOptions& options = setup.options;
    if (!setup.data.validation || options.overfit_one_batch) {
        const std::string without = options.overfit_one_batch ? "--overfit-one-batch" : "--validation 0";
        require(options.patience == 0, "--patience: the validation loss must decide; got {}", without);
        require(options.schedule != "plateau", "--schedule: plateau needs a validation loss; got {}", without);
    }
    require(options.warm_up == 0 || options.schedule != "one-cycle",
            "--warmup: must be 0 with --schedule one-cycle, which rises by itself; got {}", options.warm_up);
    const Index images = setup.data.training->size();
    require(!task.drops_last() || options.batch_size <= images,
            "--batch-size: must be at most the number of training images, {} of {}; got {}", images,
            setup.data.called(), options.batch_size);
}

std::string find_non_finite_operation(const TrainingSetup& run, const Checkpoint& checkpoint, Index last_step) {
    const bool divided = Processes::here() != nullptr;
    const LeadAlone alone;
    if (!Processes::lead()) return "";
    const Datasets data =
        divided ? images_of_run(open_datasets(dataset_of(run.options)), run.options, run.random) : run.data;
    const TrainingSetup setup = {run.task, run.options, data, run.random};
    const std::unique_ptr<TrainingTask> task = run.task.make_task(setup);
    TrainingSteps steps(setup, *task);
    steps.restore(checkpoint);
    std::string message = "no operation made a number that is not finite when it was taken again";
    try {
        Batches epoch = steps.batches();
        while (steps.state.steps <= last_step && Interruption::signal() == 0) {
            const AnomalyDetector detector(task->model().module_names());
            steps.count(steps.take(*epoch.next()));
            alone.at_work();
        }
        const AnomalyDetector detector(task->evaluation_model().module_names());
        evaluate_run(*task, setup);
    } catch (const NotFinite& found) {
        message = found.what();
    }
    return fmt::format("step {}: {}", std::min(steps.state.steps, last_step) + 1, message);
}

}  // namespace adjoint
