#include "train/records/metric_lines.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "train/io/json_text.h"

namespace adjoint {

using Json = nlohmann::ordered_json;

std::string text_of(const MetricLine& line) {
    Json json = {{"step", line.place.steps}, {"epoch", line.place.epoch}};
    for (const auto& [name, number] : line.numbers) json[name] = number;
    return text_of_json(json);
}

std::vector<MetricLine> metric_lines(const std::string& text) {
    std::vector<MetricLine> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        const Json json = json_of_text(line);
        const auto has_count = [&](const char* name) { return json.contains(name) && is_count(json[name]); };
        if (!json.is_object() || !has_count("step") || !has_count("epoch")) continue;
        MetricLine& last = lines.emplace_back(MetricLine{{json["step"], json["epoch"]}, {}});
        for (const auto& [name, number] : json.items()) {
            if (number.is_number() && name != "step" && name != "epoch") last.numbers.emplace_back(name, number);
        }
    }
    return lines;
}

std::string csv_of(const std::vector<MetricLine>& lines) {
    std::vector<std::string> names;
    std::set<std::string> known;
    for (const MetricLine& line : lines) {
        for (const auto& [name, number] : line.numbers) {
            if (known.insert(name).second) names.push_back(name);
        }
    }
    std::string text = "step,epoch";
    for (const std::string& name : names) text += "," + name;
    for (const auto& [place, numbers] : lines) {
        text += "\n" + fmt::format("{},{}", place.steps, place.epoch);
        const std::map<std::string, double> by_name(numbers.begin(), numbers.end());
        for (const std::string& name : names) {
            const auto found = by_name.find(name);
            text += found == by_name.end() ? "," : "," + text_of_json(Json(found->second));
        }
    }
    return text + "\n";
}

}  // namespace adjoint
