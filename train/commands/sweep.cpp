// `adjoint sweep`: trains a model with one setting after another, and ranks the runs.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "framework/tensor/random.h"
#include "train/cli/commands.h"
#include "train/cli/validators.h"
#include "train/report/report.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct SweepOptions {
    std::string model;
    std::vector<std::string> over;  // lr=1e-3,3e-4
    Index samples = 0;
    std::uint64_t seed = 1;
    std::string by;
    fs::path out;
    bool json = false;
};

// A flag and what it is to be.
struct Choice {
    std::string flag, value;
};
// One run's.
using Choices = std::vector<Choice>;

std::vector<Choices> choices_of_each(const std::vector<std::string>& over) {
    std::vector<Choices> all;
    for (const std::string& text : over) {
        const std::size_t equals = text.find('=');
        Choices& choices = all.emplace_back();
        for (std::size_t begin = equals; begin != std::string::npos; begin = text.find(',', begin + 1)) {
            const std::string value = text.substr(begin + 1, text.find(',', begin + 1) - begin - 1);
            require(equals > 0 && !value.empty(), "--over: must be a flag and its values, such as lr=1e-3,3e-4; got {}",
                    text);
            choices.push_back({text.substr(0, equals), value});
        }
        require(!choices.empty(), "--over: must be a flag and its values, such as lr=1e-3,3e-4; got {}", text);
    }
    return all;
}

// Every combination, in the order of a counter whose last digit is the last flag.
std::vector<Choices> combinations(const std::vector<Choices>& of_each) {
    std::vector<Choices> all = {{}};
    for (const Choices& choices : of_each) {
        std::vector<Choices> longer;
        for (const Choices& one : all) {
            for (const Choice& choice : choices) {
                longer.push_back(one);
                longer.back().push_back(choice);
            }
        }
        all = std::move(longer);
    }
    return all;
}

// So many of the combinations, in random order.
std::vector<Choices> some_of(const std::vector<Choices>& all, const SweepOptions& options) {
    if (options.samples == 0 || options.samples >= std::ssize(all)) return all;
    std::vector<Choices> chosen;
    for (const Index i : shuffled(std::ssize(all), Random(options.seed))) chosen.push_back(all[i]);
    chosen.resize(static_cast<std::size_t>(options.samples));
    return chosen;
}

std::string name_of(const Choices& choices) {
    std::vector<std::string> parts;
    for (const auto& [flag, value] : choices) parts.push_back(flag + "=" + value);
    std::string name = fmt::format("{}", fmt::join(parts, ","));
    std::ranges::replace(name, '/', '_');
    return name;
}

// Begins the run, goes on with it, or leaves it as it is where it has come to its end.
void train_one(const SweepOptions& options, const Choices& choices, const std::vector<std::string>& others) {
    const fs::path place = options.out / name_of(choices);
    std::vector<std::string> words = {"train", options.model};
    std::error_code unknown;
    if (fs::exists(place / "config.json", unknown)) {
        if (RunDirectory::open(place).finished()) return;
        words.insert(words.end(), {"--resume", place.string()});
    } else {
        words.insert(words.end(), {"--out", place.string()});
        for (const auto& [flag, value] : choices) words.insert(words.end(), {"--" + flag, value});
        words.insert(words.end(), others.begin(), others.end());
    }
    spdlog::info("sweep: {}", place.string());
    CLI::App app;
    add_train_commands(app);
    std::ranges::reverse(words);
    app.parse(words);
}

struct Result {
    RunDirectory run;
    double best;  // of its epochs
};

// By the smallest loss, or the largest accuracy, of an epoch.
std::vector<Result> ranked(const std::vector<RunDirectory>& runs, const std::string& metric) {
    const bool more_is_better = metric.find("accuracy") != std::string::npos;
    std::vector<Result> results;
    for (const RunDirectory& run : runs) {
        std::optional<double> best;
        for (const MetricLine& line : metric_lines(run.metrics())) {
            for (const auto& [name, number] : line.numbers) {
                if (name == metric && (!best || (more_is_better ? number > *best : number < *best))) best = number;
            }
        }
        require<DataError>(best.has_value(), "sweep: --by must name a metric of the runs; got {}, which {} has not",
                           metric, run.path().string());
        results.push_back({run, *best});
    }
    std::ranges::stable_sort(
        results, [=](const Result& a, const Result& b) { return more_is_better ? a.best > b.best : a.best < b.best; });
    return results;
}

void sweep(const SweepOptions& options, const std::vector<std::string>& others) {
    const std::vector<Choices> all = some_of(combinations(choices_of_each(options.over)), options);
    const std::string metric =
        options.by.empty() ? "validation_" + find_task(options.model)->metrics.front() : options.by;
    std::vector<RunDirectory> runs;
    for (const Choices& choices : all) {
        train_one(options, choices, others);
        runs.push_back(RunDirectory::open(options.out / name_of(choices)));
    }
    std::vector<RunDirectory> best_first;
    for (const auto& [run, best] : ranked(runs, metric)) {
        best_first.push_back(run);
        fmt::print("{}\n", options.json ? nlohmann::ordered_json{{"run", run.path().string()}, {metric, best}}.dump()
                                        : fmt::format("{:<12.6g} {}", best, run.path().string()));
    }
    const fs::path page = options.out / "report.html";
    write_atomically(page, report_of(best_first));
    if (!options.json) fmt::print("{}: {} runs, by {}\n", page.string(), runs.size(), metric);
}

}  // namespace

void add_sweep_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("sweep", "Train a model with one setting after another, and rank the runs");
    const auto options = std::make_shared<SweepOptions>();
    command->add_option("model", options->model, "The model")->required()->check(one_of(task_names()));
    command
        ->add_option("--over", options->over,
                     "A flag of train and its values, such as lr=1e-3,3e-4; may be given again")
        ->required()
        ->allow_extra_args(false);
    add_setting(*command, "--samples", options->samples, "How many of the combinations, at random; 0 for all",
                whole_number(0, 1'000'000));
    add_setting(*command, "--sweep-seed", options->seed, "Of that choice", seed_number());
    command->add_option("--by", options->by, "The metric that ranks; by default the validation loss");
    command->add_option("--out", options->out, "Directory of the runs")->required();
    command->add_flag("--json", options->json, "Print a line of JSON for each run");
    command->allow_extras()->fallthrough(false);  // they are for train
    command->footer(
        "All other flags are those of train. A sweep that was stopped goes on where it was when it is called again.\n"
        "Example:\n  adjoint sweep classifier --over lr=1e-3,3e-4 --over batch-size=64,128 --out runs/rates --epochs "
        "3");
    command->callback([command, options] { sweep(*options, command->remaining()); });
}

}  // namespace adjoint
