#include "train/report/charts.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>

#include "train/report/run_facts.h"
#include "train/report/wording.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

struct Curve {
    std::string name, images, metric;  // validation_mse is mse of the validation images
    std::map<double, Json> points;     // of what was run again the last counts

    bool is_norm() const { return name.find("_norm/") != std::string::npos; }
    bool is_pace() const { return name.ends_with("images_per_second") || name.ends_with("learning_rate"); }
    bool is_training_loss() const { return metric == "loss" && (images == "step" || images == "training"); }
};

constexpr std::string_view of_one_batch = "overfit_";

// overfit_step_loss is the loss in the steps of a run that learns one batch by heart.
Curve curve_called(const std::string& name) {
    std::string_view metric = name;
    const bool one_batch = metric.starts_with(of_one_batch);
    if (one_batch) metric.remove_prefix(of_one_batch.size());
    Curve curve = {.name = name, .images = one_batch ? "batch" : "", .metric = "", .points = {}};
    for (const std::string images : {"step", "training", "validation", "test"}) {
        if (!metric.starts_with(images + "_")) continue;
        curve.images = images;
        metric.remove_prefix(images.size() + 1);
        break;
    }
    curve.metric = metric;
    if (curve.is_norm() || curve.is_pace()) curve.images = "";
    return curve;
}

// One curve for each name in the lines. Throughput is that of events.
std::vector<Curve> curves_of(const Json& facts, const std::string& pace) {
    std::vector<Curve> curves;
    std::map<std::string, std::size_t> places;  // of the curves, by name
    std::map<Json, Json> ends;
    const auto add = [&](const Json& line, double x) {
        for (const auto& [name, value] : line.items()) {
            if (name == "epoch" || name == "step" || !(value.is_number() || value.is_null())) continue;
            const auto [known, added] = places.try_emplace(name, curves.size());
            if (added) curves.push_back(curve_called(name));
            curves[known->second].points[x] = value;
        }
    };
    for (const Json& line : facts.at("metrics")) {
        const bool end = is_end_of_epoch(line);
        if (end) ends[line.at("epoch")] = line.at(pace);
        if (end || pace == "step") add(line, line.at(pace));
    }
    for (const Json& event : facts.at("events")) {
        const auto end = ends.find(event.at("epoch"));
        if (event.value("event", Json()) == "epoch" && end != ends.end()) add(event, end->second);
    }
    return curves;
}

// What a run's training loss is called on other images: the first metric of them, unless that is no loss.
std::string name_of_loss(const std::vector<Curve>& curves) {
    if (std::ranges::none_of(curves, &Curve::is_training_loss)) return "";
    for (const char* images : {"validation", "test", "batch"}) {
        const auto first = std::ranges::find(curves, images, &Curve::images);
        if (first != curves.end()) return is_better_higher(first->metric) ? "loss" : first->metric;
    }
    return "loss";
}

std::string title_of_chart(const Curve& curve, const std::string& loss) {
    if (curve.metric == loss || curve.is_training_loss()) {
        return loss == "loss" ? "Loss" : fmt::format("Loss ({})", words_of(loss));
    }
    return curve.is_norm() ? title_of(curve.metric.substr(0, curve.metric.find('/'))) + "s" : title_of(curve.metric);
}

std::string title_in_comparison(const Curve& curve) {
    if (curve.images != "step") return title_of(curve.name);
    const bool one_batch = curve.name.starts_with(of_one_batch);
    return title_of(std::string(one_batch ? of_one_batch : "") + "training_" + curve.metric);
}

std::string label_of(const Curve& curve) {
    static const std::map<std::string, std::string> labels = {{"step", "training, step by step"},
                                                              {"training", "training"},
                                                              {"validation", "validation"},
                                                              {"test", "test"},
                                                              {"batch", "the one batch"}};
    if (curve.is_norm()) return curve.metric.substr(curve.metric.find('/') + 1);
    return curve.images.empty() ? curve.metric : labels.at(curve.images);
}

// So that the same images have the same colour in all charts of a run.
std::size_t look_of(const Curve& curve, std::size_t place) {
    if (curve.images.empty()) return place;
    return curve.images == "step" || curve.images == "training" ? 0 : curve.images == "test" ? 2 : 1;
}

Json points_of(const Curve& curve) {
    Json points = Json::array();
    for (const auto& [x, y] : curve.points) points.push_back({x, y});
    return points;
}

// Charts under one heading, each with the curves of one title.
class Heading {
  public:
    // Of that title, none at first.
    Json& curves(const std::string& title) {
        const auto [known, added] = places_.try_emplace(title, charts.size());
        if (added) charts.push_back({{"title", title}, {"curves", Json::array()}});
        return charts[known->second]["curves"];
    }

    Json charts = Json::array();

  private:
    std::map<std::string, std::size_t> places_;
};

Json ends_of(const Json& all, const std::string& pace) {
    std::map<double, Json> ends;
    for (const Json& facts : all) {
        for (const Json& line : facts.at("metrics")) {
            if (is_end_of_epoch(line)) ends[line.at(pace)] = line.at("epoch");
        }
    }
    Json list = Json::array();
    for (const auto& [x, epoch] : ends) list.push_back({x, epoch});
    return list;
}

}  // namespace

Json charts_of(const Json& all) {
    const bool several = all.size() > 1;
    const bool steps = std::ranges::all_of(all, [](const Json& facts) {
        return std::ranges::all_of(facts.at("metrics"), [](const Json& line) { return line.contains("step"); });
    });
    const std::string pace = steps ? "step" : "epoch";
    Heading metrics, norms, paces;
    for (std::size_t run = 0; run < all.size(); ++run) {
        const std::vector<Curve> curves = curves_of(all[run], pace);
        const std::string loss = name_of_loss(curves);
        for (const Curve& curve : curves) {
            if (several && curve.is_norm()) continue;
            Heading& heading = curve.is_norm() ? norms : curve.is_pace() ? paces : metrics;
            Json& others = heading.curves(several ? title_in_comparison(curve) : title_of_chart(curve, loss));
            others.push_back({{"label", several ? all[run].at("title").get<std::string>() : label_of(curve)},
                              {"look", several ? run : look_of(curve, others.size())},
                              {"images", curve.images},
                              {"points", points_of(curve)}});
        }
    }
    Json headings = Json::array();
    for (const auto& [title, heading] : {std::pair("Metrics", &metrics),
                                         {"Norms of gradients and weights", &norms},
                                         {"Throughput and learning rate", &paces}}) {
        if (!heading->charts.empty()) headings.push_back({{"title", title}, {"charts", heading->charts}});
    }
    return {{"pace", pace}, {"ends", ends_of(all, pace)}, {"headings", headings}};
}

}  // namespace adjoint
