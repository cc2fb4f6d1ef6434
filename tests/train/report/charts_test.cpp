// Truths about the charts of a report: what stands together, over what, and under which heading.
#include "train/report/charts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

Json facts(const char* title, const Json& metrics, const Json& events = Json::array()) {
    return {{"title", title}, {"metrics", metrics}, {"events", events}};
}

// The labels of the curves of each chart, under its title.
Json labels(const Json& charts) {
    Json all = Json::object();
    for (const Json& heading : charts.at("headings")) {
        for (const Json& chart : heading.at("charts")) {
            for (const Json& curve : chart.at("curves"))
                all[chart.at("title").get<std::string>()].push_back(curve.at("label"));
        }
    }
    return all;
}

const Json& curve(const Json& charts, std::size_t chart, std::size_t which) {
    return charts.at("headings").at(0).at("charts").at(chart).at("curves").at(which);
}

const Json points = {{"step", 4}, {"epoch", 1}, {"step_loss", 0.5}, {"learning_rate", 0.1}};
const Json end = Json::parse(R"({"step":8,"epoch":1,"training_loss":0.4,"validation_cross_entropy":0.3,
    "test_cross_entropy":0.2,"validation_accuracy":0.9,"test_accuracy":0.8,"learning_rate":0.05,
    "weight_norm/a":1,"gradient_norm/a":2,"weight_norm/b":3,"gradient_norm/b":4})");

TEST(ReportCharts, OfOneRunShowsTheLossOfAllImagesInOne) {
    const Json charts = charts_of(Json::array({facts("first", Json::array({points, end}))}));
    EXPECT_EQ(labels(charts),
              (Json{{"Loss (cross entropy)", {"training, step by step", "training", "validation", "test"}},
                    {"Accuracy", {"validation", "test"}},
                    {"Weight norms", {"a", "b"}},
                    {"Gradient norms", {"a", "b"}},
                    {"Learning rate", Json::array({"learning_rate"})}}));
    EXPECT_EQ(charts.at("pace"), "step");
    EXPECT_EQ(charts.at("ends"), (Json{{8.0, 1}}));
    EXPECT_EQ(curve(charts, 0, 0).at("points"), (Json{{4.0, 0.5}}));
    EXPECT_EQ(curve(charts, 0, 1).at("points"), (Json{{8.0, 0.4}}));
    EXPECT_EQ(charts.at("headings")[2].at("charts")[0].at("curves")[0].at("points"), (Json{{4.0, 0.1}, {8.0, 0.05}}));
}

TEST(ReportCharts, GivesTheSameImagesTheSameColour) {
    const Json charts = charts_of(Json::array({facts("first", Json::array({points, end}))}));
    for (const auto& [which, look] : {std::pair(0, 0), {1, 0}, {2, 1}, {3, 2}})
        EXPECT_EQ(curve(charts, 0, which).at("look"), look);
    for (const auto& [which, look] : {std::pair(0, 1), {1, 2}}) EXPECT_EQ(curve(charts, 1, which).at("look"), look);
    EXPECT_EQ(curve(charts, 0, 0).at("images"), "step");
    EXPECT_EQ(curve(charts, 0, 2).at("images"), "validation");
}

TEST(ReportCharts, TakesANameOfAnyLength) {
    const std::string name(1'000'000, 'a');
    Json line = end;
    line["test_" + name] = 1;
    EXPECT_TRUE(labels(charts_of(Json::array({facts("first", Json::array({line}))}))).contains("A" + name.substr(1)));
}

TEST(ReportCharts, ShowsAsManyMetricsAsThereAre) {
    Json lines = Json::array();
    for (int i = 0; i < 20'000; ++i) lines.push_back({{"step", i}, {"epoch", 1}, {fmt::format("test_{}", i), i}});
    const Json charts = charts_of(Json::array({facts("first", lines)}))["headings"][0]["charts"];
    EXPECT_EQ(charts.size(), 20'000u);
    EXPECT_EQ(charts.back()["title"], "19999");
    EXPECT_EQ(charts.back()["curves"][0]["points"], Json::array({{19'999, 19'999}}));
}

TEST(ReportCharts, HasThreeHeadings) {
    const Json charts = charts_of(Json::array({facts("first", Json::array({end}))}));
    std::vector<std::string> titles;
    for (const Json& heading : charts.at("headings")) titles.push_back(heading.at("title"));
    EXPECT_EQ(titles,
              (std::vector<std::string>{"Metrics", "Norms of gradients and weights", "Throughput and learning rate"}));
    EXPECT_TRUE(charts_of(Json::array({facts("first", Json::array())})).at("headings").empty());
}

TEST(ReportCharts, CallsALossThatHasNoOtherNameSo) {
    EXPECT_EQ(labels(charts_of(Json::array({facts("first", Json::array({points}))}))).items().begin().key(), "Loss")
        << "before an epoch ended";
    const Json vae = {{"step", 8},
                      {"epoch", 1},
                      {"training_loss", 1},
                      {"training_divergence", 1},
                      {"validation_loss", 1},
                      {"validation_divergence", 1}};
    EXPECT_EQ(labels(charts_of(Json::array({facts("first", Json::array({vae}))}))),
              (Json{{"Loss", {"training", "validation"}}, {"Divergence", {"training", "validation"}}}));
}

TEST(ReportCharts, CallsNothingALossOfWhichMoreIsBetter) {
    const Json unet = {
        {"step", 8}, {"epoch", 1}, {"training_loss", 1}, {"validation_mean_iou", 0.5}, {"test_mean_iou", 0.5}};
    EXPECT_EQ(labels(charts_of(Json::array({facts("first", Json::array({unet}))}))),
              (Json{{"Loss", Json::array({"training"})}, {"Mean IoU", {"validation", "test"}}}));
}

TEST(ReportCharts, KeepsTheLossesOfAGameApart) {
    const Json gan = {{"step", 8},
                      {"epoch", 1},
                      {"training_D_loss", 1},
                      {"validation_discriminator_loss", 1},
                      {"validation_gradient_norm", 1},
                      {"gradient_norm/a", 1}};
    EXPECT_EQ(labels(charts_of(Json::array({facts("first", Json::array({gan}))}))),
              (Json{{"D loss", Json::array({"training"})},
                    {"Discriminator loss", Json::array({"validation"})},
                    {"Gradient norm", Json::array({"validation"})},
                    {"Gradient norms", Json::array({"a"})}}));
}

TEST(ReportCharts, OfOneBatchSaysSo) {
    const Json point = {{"step", 4}, {"epoch", 1}, {"overfit_step_loss", 1}, {"overfit_learning_rate", 1}};
    const Json whole = {
        {"step", 8}, {"epoch", 1}, {"overfit_training_loss", 1}, {"overfit_cross_entropy", 1}, {"overfit_accuracy", 1}};
    EXPECT_EQ(labels(charts_of(Json::array({facts("first", {point, whole})}))),
              (Json{{"Loss (cross entropy)", {"training, step by step", "training", "the one batch"}},
                    {"Accuracy", Json::array({"the one batch"})},
                    {"Learning rate", Json::array({"learning_rate"})}}));
}

TEST(ReportCharts, OfARunOfOldAreOverEpochs) {
    const Json old = {{{"epoch", 1}, {"test_mse", 0.5}}, {{"epoch", 2}, {"test_mse", nullptr}}};
    const Json charts =
        charts_of(Json::array({facts("first", old, {{{"event", "epoch"}, {"epoch", 2}, {"images_per_second", 7}}})}));
    EXPECT_EQ(charts.at("pace"), "epoch");
    EXPECT_EQ(curve(charts, 0, 0).at("points"), (Json{{1.0, 0.5}, {2.0, nullptr}}));
    EXPECT_EQ(charts.at("headings")[1].at("charts")[0].at("curves")[0].at("points"), (Json{{2.0, 7}}));
    const Json mixed = charts_of(Json::array({facts("first", old), facts("second", {points, end})}));
    EXPECT_EQ(mixed.at("pace"), "epoch");
    EXPECT_EQ(mixed.at("ends"), (Json{{1.0, 1}, {2.0, 2}}));
    for (const Json& chart : mixed.at("headings")[0].at("charts")) {
        for (const Json& one : chart.at("curves"))
            EXPECT_NE(one.at("images"), "step") << "a point has no epoch of its own";
    }
}

TEST(ReportCharts, PutsThroughputAtTheEndOfItsEpochAndTakesTheLastOfWhatWasRunAgain) {
    const Json events = {{{"event", "epoch"}, {"epoch", 1}, {"images_per_second", 5}},
                         {{"event", "rolled back"}, {"epoch", 1}, {"factor", 5}},
                         {{"event", "epoch"}, {"epoch", 1}, {"images_per_second", 6}},
                         {{"event", "epoch"}, {"epoch", 2}, {"images_per_second", 7}}};
    const Json charts = charts_of(Json::array({facts("first", Json::array({end}), events)}));
    const Json& last = charts.at("headings")[2].at("charts")[1];
    EXPECT_EQ(last.at("title"), "Images per second");
    EXPECT_EQ(last.at("curves")[0].at("points"), (Json{{8.0, 6}}));
    EXPECT_EQ(labels(charts).count("Factor"), 0u);
}

TEST(ReportCharts, OfSeveralRunsShowAMetricOfAllInOne) {
    const Json batch = {{"step", 8}, {"epoch", 1}, {"overfit_training_loss", 1}, {"overfit_cross_entropy", 1}};
    const Json charts =
        charts_of(Json::array({facts("one", Json::array({points, end})), facts("two", Json::array({points, end})),
                               facts("three (overfit)", Json::array({batch}))}));
    EXPECT_EQ(labels(charts), (Json{{"Training loss", {"one", "one", "two", "two"}},
                                    {"Validation cross entropy", {"one", "two"}},
                                    {"Test cross entropy", {"one", "two"}},
                                    {"Validation accuracy", {"one", "two"}},
                                    {"Test accuracy", {"one", "two"}},
                                    {"Overfit training loss", Json::array({"three (overfit)"})},
                                    {"Overfit cross entropy", Json::array({"three (overfit)"})},
                                    {"Learning rate", {"one", "two"}}}));
    EXPECT_EQ(curve(charts, 1, 1).at("look"), 1);
    EXPECT_EQ(curve(charts, 5, 0).at("look"), 2);
}

}  // namespace
}  // namespace adjoint
