#include "train/forecast.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

namespace adjoint {
namespace {

constexpr int steps_taken = 5;

template <class Work>
double seconds_of(const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Of the whole process, at most so far.
double peak_mebibytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace

void print_forecast(Trainee& trainee, const TrainingSetup& setup) {
    const TrainingOptions& options = setup.options;
    Batches batches(setup.data.training, {.batch_size = options.batch_size, .drop_last = trainee.drops_last()});
    const Index count = batches.count();
    double step = std::numeric_limits<double>::infinity();  // the best: the first ones warm up
    for (int t = 0; const auto batch = t < steps_taken ? batches.next() : std::nullopt; ++t) {
        step = std::min(step, seconds_of([&] { trainee.step(*batch, static_cast<std::uint64_t>(t)); }));
    }
    const double test = seconds_of([&] { trainee.test(); });
    const Index all = options.epochs * count, steps = options.max_steps > 0 ? std::min(options.max_steps, all) : all;
    const double epochs = std::ceil(static_cast<double>(steps) / static_cast<double>(count));
    const double seconds = static_cast<double>(steps) * step + epochs * test;
    Index parameters = 0;
    for (const NamedState& parameter : trainee.model().parameters())
        parameters += element_count(parameter.state.shape());
    if (options.keeping.json) {
        fmt::print("{}\n", nlohmann::ordered_json{{"parameters", parameters},
                                                  {"steps", steps},
                                                  {"step_ms", 1e3 * step},
                                                  {"test_seconds", test},
                                                  {"seconds", seconds},
                                                  {"peak_mebibytes", peak_mebibytes()}}
                               .dump());
        return;
    }
    fmt::print(
        "{} parameters to train on {} images of {}\n"
        "{} steps of {:.1f} ms and a test of {:.1f} s an epoch: about {:.1f} minutes\n"
        "{:.0f} MiB of memory\n",
        parameters, setup.data.training->size(), setup.data.name, steps, 1e3 * step, test, seconds / 60.0,
        peak_mebibytes());
}

}  // namespace adjoint
