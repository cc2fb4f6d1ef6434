// `adjoint sweep`: trains a model with one setting after another, and ranks the runs.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <unordered_map>

#include "framework/tensor/random.h"
#include "train/cli/commands.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/cli/wrong_usage.h"
#include "train/io/json_text.h"
#include "train/report/report.h"
#include "train/tasks/registry.h"
#include "train/trainer/training_run.h"

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
        const std::string flag = text.substr(0, equals);
        require(flag != "out" && flag != "resume", "--over: a sweep says itself what --{} is; got {}", flag, text);
        require(!choices.empty(), "--over: must be a flag and its values, such as lr=1e-3,3e-4; got {}", text);
    }
    return all;
}

Index combinations_of(const std::vector<Choices>& of_each) {
    constexpr Index most = Index{1} << 52;  // that a random number can choose from
    Index count = 1;
    for (const Choices& choices : of_each) {
        require(std::ssize(choices) <= most / count, "--over: must make at most {} combinations; got more", most);
        count *= std::ssize(choices);
    }
    return count;
}

// A combination by its number: a counter whose last digit is the last flag.
Choices combination(const std::vector<Choices>& of_each, Index number) {
    Choices choices;
    for (auto each = of_each.rbegin(); each != of_each.rend(); ++each) {
        choices.insert(choices.begin(), (*each)[static_cast<std::size_t>(number % std::ssize(*each))]);
        number /= std::ssize(*each);
    }
    return choices;
}

// So many of the first `count` numbers, in random order: a shuffle that keeps only what it has moved.
std::vector<Index> drawn(Index samples, Index count, const Random& random) {
    std::unordered_map<Index, Index> moved;
    const auto number_at = [&](Index place) { return moved.contains(place) ? moved.at(place) : place; };
    std::vector<Index> numbers;
    for (Index i = 0; i < samples; ++i) {
        const auto left = static_cast<std::uint64_t>(count - i);
        const Index chosen = i + static_cast<Index>(random.below(left, static_cast<std::uint64_t>(i)));
        numbers.push_back(number_at(chosen));
        moved[chosen] = number_at(i);
    }
    return numbers;
}

// All combinations in order, or some in random order.
std::vector<Choices> chosen_combinations(const std::vector<Choices>& of_each, const SweepOptions& options) {
    constexpr Index most_runs = 10'000;
    const Index count = combinations_of(of_each);
    require(options.samples > 0 || count <= most_runs,
            "--over: must make at most {} combinations without --samples; got {}", most_runs, count);
    const Index taken = options.samples == 0 ? count : std::min(options.samples, count);
    std::vector<Index> numbers = drawn(taken, count, Random(options.seed));
    if (taken == count) std::ranges::sort(numbers);
    std::vector<Choices> chosen;
    for (const Index number : numbers) chosen.push_back(combination(of_each, number));
    return chosen;
}

std::string name_of(const Choices& choices) {
    std::vector<std::string> parts;
    for (const auto& [flag, value] : choices) parts.push_back(flag + "=" + value);
    std::string name = fmt::format("{}", fmt::join(parts, ","));
    std::ranges::replace(name, '/', '_');
    return name;
}

// Gives `use` the settings that train reads in these words.
void read_training(std::vector<std::string> words, const SettingsUse& use) {
    CLI::App app("", "adjoint");
    add_program_options(app);
    add_train_commands_for(app, use);
    app.parse_complete_callback([&app] { require_texts(app); });
    const std::vector<std::string> typed = words;
    std::ranges::reverse(words);
    try {
        app.parse(words);
    } catch (const CLI::ParseError& error) {
        throw Error(wrong_usage(error, app, typed));
    }
}

// What begins a run.
std::vector<std::string> words_for(const SweepOptions& options, const Choices& choices,
                                   const std::vector<std::string>& others) {
    std::vector<std::string> words = {"train", options.model, "--out", (options.out / name_of(choices)).string()};
    for (const auto& [flag, value] : choices) words.push_back("--" + flag + "=" + value);
    words.insert(words.end(), others.begin(), others.end());
    return words;
}

// Each value beside the first ones of the other flags: a sweep must not end at a value that is wrong after hours.
void require_right_values(const SweepOptions& options, const std::vector<Choices>& of_each,
                          const std::vector<std::string>& others) {
    Choices choices = combination(of_each, 0);
    for (std::size_t i = 0; i < of_each.size(); ++i) {
        for (const Choice& choice : of_each[i]) {
            choices[i] = choice;
            read_training(words_for(options, choices, others), [](const TaskSpec&, const TrainingOptions&) {});
        }
        choices[i] = of_each[i].front();
    }
}

// Begins the run, goes on with it, or leaves it as it is where it has come to its end.
void train_one(const SweepOptions& options, const Choices& choices, const std::vector<std::string>& others) {
    const fs::path place = options.out / name_of(choices);
    std::error_code unknown;
    const bool begun = fs::exists(place / "config.json", unknown);
    if (begun && RunDirectory::open(place).finished()) return;
    spdlog::info("sweep: {}", place.string());
    read_training(begun ? std::vector<std::string>{"train", options.model, "--resume", place.string()}
                        : words_for(options, choices, others),
                  train);
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
    const std::vector<Choices> of_each = choices_of_each(options.over);
    const std::vector<Choices> all = chosen_combinations(of_each, options);
    require_right_values(options, of_each, others);
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
        const std::string place = run.path().string();
        options.json ? fmt::print("{}\n", text_of_json(nlohmann::ordered_json{{"run", place}, {metric, best}}))
                     : print_line(stdout, "{:<12.6g} {}", best, place);
    }
    const fs::path page = options.out / "report.html";
    write_atomically(page, report_of(best_first));
    if (!options.json) print_line(stdout, "{}: {} runs, by {}", page.string(), runs.size(), metric);
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
        "All other flags are those of train, for every run. A sweep that was stopped goes on where it was when it is "
        "called again.\n"
        "Example:\n  adjoint sweep classifier --over lr=1e-3,3e-4 --over batch-size=64,128 --out runs/rates --epochs "
        "3");
    command->callback([command, options] { sweep(*options, command->remaining()); });
}

}  // namespace adjoint
