#include "train/report/tables.h"

#include <algorithm>
#include <ctime>
#include <fmt/ranges.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "layers/analysis/model_summary.h"
#include "train/report/run_facts.h"
#include "train/report/wording.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

// "epoch 3, step 1,290".
std::string moment_text(const Json& numbers) {
    const std::string epoch = "epoch " + count_text(numbers.at("epoch"));
    return numbers.contains("step") ? epoch + ", step " + count_text(numbers.at("step")) : epoch;
}

// What tells how good a run is.
std::vector<std::string> metrics_of(const Json& numbers) {
    std::vector<std::string> names;
    for (const auto& [name, number] : numbers.items()) {
        const bool other = name == "by" || name == "epoch" || name == "step" || name.ends_with("learning_rate");
        if (!other) names.push_back(name);
    }
    return names;
}

Json number_in(const Json& numbers, const std::string& name) {
    return numbers.is_object() ? numbers.value(name, Json()) : Json();
}

// A page that is not made anew cannot know whether a run still goes on.
std::string state_text(const Json& facts) {
    const std::string state = facts.at("state");
    if (!facts.at("running").get<bool>()) return state;
    const std::time_t written = facts.at("written").get<std::time_t>();
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", std::localtime(&written));
    return fmt::format("{} at {}", state, text);
}

// Of a metric: the best, then the last in brackets.
std::string best_and_last(const Json& facts, const std::string& metric) {
    const Json &best = facts.at("best"), last = number_in(facts.at("last"), metric);
    if (last.is_null() || best.is_null() || best.at("epoch") == facts.at("last").at("epoch")) return number_text(last);
    return fmt::format("{} (last {})", number_text(number_in(best, metric)), number_text(last));
}

}  // namespace

std::string data_text(const Json& facts) {
    const Json& data = facts.at("data");
    std::vector<std::string> sizes;
    for (const char* images : {"training", "validation", "test"}) {
        const Json size = data.value(images, Json());
        if (size.is_number() && size > 0) sizes.push_back(fmt::format("{} {}", count_text(size), images));
    }
    std::string text = data.at("title");
    if (!sizes.empty()) text += fmt::format(", {} images", fmt::join(sizes, ", "));
    return data.contains("checksum") ? text + ", checksum " + setting_text(data.at("checksum")) : text;
}

std::vector<std::string> head_of(const Json& facts) {
    const Json &metrics = facts.at("metrics"), epochs = facts.at("config").value("epochs", Json());
    const Json done = facts.at("last").is_null() ? Json(0) : facts.at("last").at("epoch");
    std::string progress = facts.at("model").get<std::string>() + ", " + count_text(done);
    progress += epochs.is_null() ? " epochs" : fmt::format(" of {} epochs", count_text(epochs));
    if (!metrics.empty() && metrics.back().contains("step")) {
        progress += ", step " + count_text(metrics.back().at("step"));
    }
    std::vector<std::string> lines = {progress, data_text(facts)};
    const Json validation = facts.at("data").value("validation", Json());
    if (validation.is_number() && validation > 0 && !facts.at("overfit").get<bool>()) {
        lines.emplace_back("Validation decides what is best; test images are only shown.");
    }
    return lines;
}

Json results_table(const Json& facts) {
    const Json &best = facts.at("best"), &last = facts.at("last");
    if (last.is_null()) return nullptr;
    const bool both = !best.is_null() && best.at("epoch") == last.at("epoch");
    const bool two = !best.is_null() && !both;
    Json head = {""}, rows = Json::array();
    if (two) head.push_back("Best: " + moment_text(best));
    head.push_back((both ? "Best and last: " : "Last: ") + moment_text(last));
    for (const std::string& name : metrics_of(last)) {
        Json cells = {title_of(name)};
        if (two) cells.push_back(number_text(number_in(best, name)));
        cells.push_back(number_text(last.at(name)));
        rows.push_back({{"cells", cells}});
    }
    const std::string note =
        best.is_null() ? "" : fmt::format("The best epoch is that of the best {}.", words_of(best.at("by")));
    return {{"title", "Results"}, {"head", head}, {"rows", rows}, {"texts", 1}, {"note", note}};
}

Json comparison_table(const Json& all) {
    Json head = {""}, rows = Json::array();
    for (const Json& facts : all) head.push_back(facts.at("title"));
    const auto add = [&](const std::string& title, const std::function<std::string(const Json& facts)>& text) {
        Json cells = {title};
        for (const Json& facts : all) cells.push_back(text(facts));
        rows.push_back({{"cells", cells}});
    };
    // What was chosen is marked where it differs.
    const auto compare = [&](const std::string& title, const std::function<std::string(const Json& facts)>& text) {
        add(title, text);
        const Json& cells = rows.back()["cells"];
        if (std::any_of(cells.begin() + 2, cells.end(), [&](const Json& cell) { return cell != cells[1]; })) {
            rows.back()["kind"] = "marked";
        }
    };
    compare("Model", [](const Json& facts) { return facts.at("model").get<std::string>(); });
    compare("Data", data_text);
    for (const std::string& name : differing_settings(all)) {
        compare(title_of(name), [&](const Json& facts) { return setting_text(number_in(facts.at("config"), name)); });
    }
    add("State", state_text);
    add("Last", [](const Json& facts) { return facts.at("last").is_null() ? "–" : moment_text(facts.at("last")); });
    add("Best", [](const Json& facts) {
        const Json& best = facts.at("best");
        return best.is_null() ? "–" : fmt::format("{}, by {}", moment_text(best), words_of(best.at("by")));
    });
    std::set<std::string> told;
    for (const Json& facts : all) {
        for (const std::string& name : metrics_of(facts.at("last"))) {
            if (!told.insert(name).second) continue;
            add(title_of(name), [&](const Json& other) { return best_and_last(other, name); });
        }
    }
    return {{"title", "Comparison"}, {"head", head}, {"rows", rows}, {"texts", all.size() + 1}, {"note", ""}};
}

Json network_table(const std::string& network, const std::vector<LayerSummary>& layers) {
    Json rows = Json::array();
    Index parameters = 0, flops = 0;
    for (const LayerSummary& layer : layers) {
        rows.push_back({{"cells",
                         {layer.name, layer.kind, fmt::format("{}", fmt::join(layer.input, " × ")),
                          fmt::format("{}", fmt::join(layer.output, " × ")), count_text(layer.parameters),
                          count_text(layer.flops)}}});
        parameters += layer.parameters;
        flops += layer.flops;
    }
    rows.push_back({{"cells", {"Total", "", "", "", count_text(parameters), count_text(flops)}}, {"kind", "total"}});
    return {{"title", title_of(network)},
            {"head", {"Layer", "Kind", "Input", "Output", "Parameters", "FLOPs"}},
            {"rows", rows},
            {"texts", 4},
            {"note", ""}};
}

Json settings_of(const Json& facts, const std::vector<std::string>& others) {
    Json settings = Json::array();
    for (const auto& [name, value] : facts.at("config").items()) {
        if (std::ranges::find(others, name) == others.end()) {
            settings.push_back({title_of(name), setting_text(value)});
        }
    }
    return settings;
}

Json events_of(const Json& facts) {
    Json events = Json::array();
    for (const Json& line : facts.at("events")) {
        std::vector<std::string> numbers;
        for (const auto& [name, value] : line.items()) {
            if (value.is_number()) numbers.push_back(words_of(name) + " " + count_text(value));
        }
        const std::string event = setting_text(line.value("event", Json()));
        if (event == "epoch") continue;
        events.push_back({{"time", setting_text(line.value("time", Json()))},
                          {"event", event},
                          {"numbers", fmt::format("{}", fmt::join(numbers, ", "))}});
    }
    return events;
}

}  // namespace adjoint
