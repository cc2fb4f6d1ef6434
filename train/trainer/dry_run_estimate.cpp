#include "train/trainer/dry_run_estimate.h"

#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "framework/tensor/precision.h"
#include "layers/analysis/model_summary.h"
#include "train/cli/resource_use.h"
#include "train/io/json_text.h"
#include "train/trainer/run_evaluation.h"

namespace adjoint {

void print_dry_run_estimate(TrainingTask& task, const TrainingSetup& setup) {
    constexpr std::uint64_t steps_measured =
        5;  // of which a Wasserstein game's generator takes one, as it does in five
    const TrainingOptions& options = setup.options;
    Batches batches(setup.data.training, {.batch_size = options.batch_size, .drop_last = task.drops_last()});
    const Index count = batches.count();
    const std::optional<Batch> batch = batches.next();
    const auto take_step = [&](std::uint64_t t) {
        const PrecisionScope precision(precision_named(options.precision));
        task.step(*batch, t);
    };
    take_step(0);  // to warm up
    const double step = seconds_of([&] {
                            for (std::uint64_t t = 0; t < steps_measured; ++t) take_step(t);
                        }) /
                        static_cast<double>(steps_measured);
    const double test = seconds_of([&] { evaluate_run(task, setup); });
    const Index steps = all_steps(options, count);
    const double epochs = std::ceil(static_cast<double>(steps) / static_cast<double>(count));
    const double seconds = static_cast<double>(steps) * step + epochs * test;
    const Index parameters = parameter_count(task.model());
    if (options.json) {
        fmt::print("{}\n", text_of_json(nlohmann::ordered_json{{"settings", options.settings},
                                                               {"parameters", parameters},
                                                               {"steps", steps},
                                                               {"step_ms", 1e3 * step},
                                                               {"test_seconds", test},
                                                               {"seconds", seconds},
                                                               {"peak_mebibytes", peak_mebibytes()}}));
        return;
    }
    fmt::print(
        "{}\n"
        "{} parameters to train on {} images of {}\n"
        "{} steps of {:.1f} ms and a test of {:.1f} s an epoch: about {:.1f} minutes\n"
        "{:.0f} MiB of memory\n",
        options.settings, parameters, setup.data.training->size(), setup.data.name, steps, 1e3 * step, test,
        seconds / 60.0, peak_mebibytes());
}

}  // namespace adjoint
