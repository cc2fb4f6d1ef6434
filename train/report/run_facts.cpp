#include "train/report/run_facts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "datasets/published_datasets.h"
#include "datasets/read_file.h"
#include "train/cli/settings.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool is_number_in(const Json& line, const char* name) { return line.contains(name) && line[name].is_number(); }

bool has_name_beginning(const Json& line, const char* beginning) {
    const auto items = line.items();
    return std::any_of(items.begin(), items.end(), [&](const auto& item) { return item.key().starts_with(beginning); });
}

// The lines of metrics.jsonl or events.jsonl. The last may have been cut short, and `problems` says so.
Json lines_of(const fs::path& file, Json& problems) {
    Json lines = Json::array();
    std::istringstream stream(read_file_if_any(file).value_or(""));
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
        ++number;
        Json parsed = json_of_text(line);
        if (parsed.is_object() && is_number_in(parsed, "epoch") &&
            (is_number_in(parsed, "step") || !parsed.contains("step"))) {
            lines.push_back(std::move(parsed));
        } else if (!line.empty()) {
            problems.push_back(fmt::format("Line {} of {} is damaged and left out", number, file.filename().string()));
        }
    }
    return lines;
}

// Without the norms of every parameter.
Json numbers_of(const Json& line) {
    Json numbers = Json::object();
    for (const auto& [name, value] : line.items()) {
        if (name.find('/') == std::string::npos) numbers[name] = value;
    }
    return numbers;
}

// The metric of a line that says which epoch is best, or "". In a game of two networks no loss does.
std::string deciding_metric(const Json& line) {
    for (const char* images : {"validation_", "test_", "overfit_"}) {
        bool any = false;
        for (const auto& number : line.items()) {
            const std::string& name = number.key();
            if (!name.starts_with(images)) continue;
            any = true;
            const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
            if (std::ranges::any_of(std::array{"loss", "entropy", "mse", "accuracy", "iou"}, has) &&
                std::ranges::none_of(std::array{"generator", "discriminator", "_step_", "_training_"}, has))
                return name;
        }
        if (any) return "";
    }
    return "";
}

void add_last_and_best(Json& facts) {
    facts["last"] = facts["best"] = nullptr;
    const Json metrics = facts["metrics"];
    const auto last = std::find_if(metrics.rbegin(), metrics.rend(), is_end_of_epoch);
    if (last == metrics.rend()) return;
    facts["last"] = numbers_of(*last);
    const std::string by = deciding_metric(*last);
    const double sign = is_better_higher(by) ? -1.0 : 1.0;
    double least = std::numeric_limits<double>::infinity();
    for (const Json& line : metrics) {
        if (by.empty() || !is_end_of_epoch(line) || !line.contains(by) || !line[by].is_number()) continue;
        if (sign * line[by].get<double>() >= least) continue;
        least = sign * line[by].get<double>();
        facts["best"] = {{"by", by}};
        facts["best"].update(numbers_of(line));
    }
}

// By its settings, or by the names of its metrics where these are lost.
bool is_overfit(const Json& facts) {
    return facts["config"].value("overfit_one_batch", Json(false)) == true ||
           std::ranges::any_of(facts["metrics"], [](const Json& line) { return has_name_beginning(line, "overfit_"); });
}

// The last event tells, or in runs of old, which told nothing, the last epoch.
std::string state_of(const Json& facts) {
    const Json &events = facts["events"], &metrics = facts["metrics"];
    const Json event = events.empty() ? Json() : events.back().value("event", Json());
    if (event == "finished") return "finished";
    if (event.is_string() && event.get<std::string>().starts_with("stopped")) return "stopped";
    const bool old = !metrics.empty() && !metrics.back().contains("step");
    const Json epochs = facts["config"].value("epochs", Json());
    return old && epochs.is_number() && metrics.back()["epoch"] >= epochs ? "finished" : "running";
}

// Seconds since 1970.
std::int64_t last_written(const RunDirectory& run) {
    fs::file_time_type newest = fs::file_time_type::min();
    for (const char* file : {"config.json", "metrics.jsonl", "events.jsonl"}) {
        std::error_code absent;
        const fs::file_time_type time = fs::last_write_time(run.path() / file, absent);
        if (!absent) newest = std::max(newest, time);
    }
    const auto time = std::chrono::file_clock::to_sys(newest).time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

Json data_of(const RunDirectory& run, Json data) {
    if (!data.is_object()) data = {{"name", run.data().name}};
    const PublishedDataset* const published = find_published_dataset(run.data().name);
    data["title"] = published != nullptr          ? published->title
                    : run.data().name == "digits" ? "digits drawn by adjoint"
                                                  : run.data().name;
    return data;
}

// What config.json says first: of the dataset, what was found, not what was asked for.
void add_configuration(Json& facts, const RunDirectory& run) {
    Json& config = facts["config"] = json_of_text(read_file(run.path() / "config.json"));
    facts["data"] = data_of(run, config.value("data", Json()));
    add_part(facts, [&] {
        const Json settings =
            fs::exists(run.settings()) ? Json::parse(settings_as_json(run.settings())) : Json::object();
        for (const auto& [setting, value] : settings.items()) {
            std::string name = setting;
            std::replace(name.begin(), name.end(), '-', '_');
            if (!config.contains(name)) config[name] = value;
        }
    });
    for (const char* said : {"model", "dataset", "data"}) config.erase(said);
}

}  // namespace

void add_part(Json& facts, const std::function<void()>& add) {
    try {
        add();
    } catch (const Error& damage) {
        Json& problems = facts["problems"];
        if (std::ranges::find(problems, Json(damage.what())) == problems.end()) problems.push_back(damage.what());
    }
}

bool is_better_higher(const std::string& metric) {
    return metric.ends_with("accuracy") || metric.ends_with("iou") || metric.ends_with("psnr");
}

bool is_end_of_epoch(const Json& line) {
    return !line.contains("step") || has_name_beginning(line, "training_") ||
           has_name_beginning(line, "overfit_training_");
}

Json facts_of(const RunDirectory& run) {
    Json facts = {{"directory", run.path().string()},
                  {"title", fs::weakly_canonical(run.path()).filename().string()},
                  {"model", run.model()},
                  {"problems", Json::array()}};
    for (const char* name : {"metrics", "events"}) {
        facts[name] = Json::array();
        add_part(facts,
                 [&] { facts[name] = lines_of(run.path() / (std::string(name) + ".jsonl"), facts["problems"]); });
    }
    add_configuration(facts, run);
    facts["overfit"] = is_overfit(facts);
    if (facts["overfit"]) facts["title"] = facts["title"].get<std::string>() + " (overfit on one batch)";
    facts["state"] = state_of(facts);
    facts["running"] = facts["state"] == "running";
    facts["written"] = last_written(run);
    add_last_and_best(facts);
    return facts;
}

std::vector<std::string> differing_settings(const Json& facts_of_runs) {
    std::vector<std::string> differing;
    const auto differs = [&](const std::string& name) {
        const Json first = facts_of_runs.front().at("config").value(name, Json());
        return std::ranges::any_of(facts_of_runs,
                                   [&](const Json& facts) { return facts.at("config").value(name, Json()) != first; });
    };
    for (const Json& facts : facts_of_runs) {
        for (const auto& [name, value] : facts.at("config").items()) {
            if (differs(name) && std::ranges::find(differing, name) == differing.end()) differing.push_back(name);
        }
    }
    return differing;
}

std::string comparison_of(const std::vector<RunDirectory>& runs) {
    Json all = Json::array();
    for (const RunDirectory& run : runs) all.push_back(facts_of(run));
    const std::vector<std::string> differing = differing_settings(all);
    std::string lines;
    for (const Json& facts : all) {
        Json line;
        for (const char* name : {"directory", "model", "data", "overfit", "state", "written"}) line[name] = facts[name];
        line["settings"] = Json::object();
        for (const std::string& name : differing) line["settings"][name] = facts["config"].value(name, Json());
        for (const char* name : {"last", "best"}) line[name] = facts[name];
        lines += text_of_json(line) + "\n";
    }
    return lines;
}

}  // namespace adjoint
