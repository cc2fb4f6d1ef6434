// Truths about the tables of a report: its words and numbers, as they are read.
#include "train/report/tables.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "train/report/wording.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

const Json last = {
    {"step", 2150}, {"epoch", 5}, {"training_loss", 0.1}, {"validation_mse", 0.25}, {"learning_rate", 0.1}};
const Json best = {
    {"by", "validation_mse"}, {"step", 1290}, {"epoch", 3}, {"training_loss", 0.2}, {"validation_mse", 0.125}};

Json facts(const Json& changes = Json::object()) {
    Json all = {{"title", "first"},
                {"model", "autoencoder"},
                {"data", {{"title", "MNIST"}}},
                {"config", {{"epochs", 7}, {"lr", 0.1}}},
                {"overfit", false},
                {"state", "finished"},
                {"running", false},
                {"written", 0},
                {"metrics", Json::array()},
                {"last", last},
                {"best", best}};
    all.update(changes);
    return all;
}

// The cells of the row that begins so.
Json row(const Json& table, const std::string& title) {
    for (const Json& one : table.at("rows")) {
        if (one.at("cells")[0] == title) return one;
    }
    return nullptr;
}

TEST(ReportTables, SayWhatIsKnownOfTheData) {
    EXPECT_EQ(data_text(facts()), "MNIST");
    const Json data = {
        {"title", "MNIST"}, {"training", 55000}, {"validation", 5000}, {"test", 10000}, {"checksum", "1a2b3c4d"}};
    EXPECT_EQ(data_text(facts({{"data", data}})),
              "MNIST, 55,000 training, 5,000 validation, 10,000 test images, checksum 1a2b3c4d");
    EXPECT_EQ(data_text(facts({{"data", {{"title", "cats"}, {"training", 9}, {"validation", 0}, {"test", 1}}}})),
              "cats, 9 training, 1 test images");
}

TEST(ReportTables, SayInTheHeadHowFarItIsAndWhatDecides) {
    const Json data = {{"title", "MNIST"}, {"validation", 5000}};
    const std::string validation = "MNIST, 5,000 validation images";
    EXPECT_EQ(head_of(facts({{"data", data}, {"metrics", {{{"step", 2200}, {"epoch", 6}}}}})),
              (std::vector<std::string>{"autoencoder, 5 of 7 epochs, step 2,200", validation,
                                        "Validation decides what is best; test images are only shown."}));
    EXPECT_EQ(head_of(facts({{"data", data}, {"overfit", true}, {"last", nullptr}})),
              (std::vector<std::string>{"autoencoder, 0 of 7 epochs", validation}));
    EXPECT_EQ(head_of(facts()), (std::vector<std::string>{"autoencoder, 5 of 7 epochs", "MNIST"}));
}

TEST(ReportTables, ShowTheBestAndTheLastEpoch) {
    const Json table = results_table(facts());
    EXPECT_EQ(table.at("head"), (Json{"", "Best: epoch 3, step 1,290", "Last: epoch 5, step 2,150"}));
    ASSERT_EQ(table.at("rows").size(), 2u) << "the learning rate is no result";
    EXPECT_EQ(table.at("rows")[0].at("cells"), (Json{"Training loss", "0.2", "0.1"}));
    EXPECT_EQ(table.at("rows")[1].at("cells"), (Json{"Validation mse", "0.125", "0.25"}));
    EXPECT_EQ(table.at("note"), "The best epoch is that of the best validation mse.");
}

TEST(ReportTables, ShowOneColumnWhereThereAreNotTwo) {
    EXPECT_EQ(results_table(facts({{"best", {{"by", "validation_mse"}, {"epoch", 5}}}})).at("head"),
              (Json{"", "Best and last: epoch 5, step 2,150"}));
    const Json table = results_table(facts({{"best", nullptr}, {"last", {{"epoch", 5}, {"test_mse", 1}}}}));
    EXPECT_EQ(table.at("head"), (Json{"", "Last: epoch 5"}));
    EXPECT_EQ(table.at("note"), "");
    EXPECT_TRUE(results_table(facts({{"last", nullptr}, {"best", nullptr}})).is_null());
}

TEST(ReportTables, CompareRunsAndMarkWhatDiffers) {
    const Json other = facts({{"title", "second"},
                              {"config", {{"epochs", 7}, {"lr", 0.2}, {"ema", 0.9}}},
                              {"state", "running"},
                              {"running", true},
                              {"best", nullptr},
                              {"last", nullptr}});
    const Json table = comparison_table({facts(), other});
    EXPECT_EQ(table.at("head"), (Json{"", "first", "second"}));
    EXPECT_EQ(row(table, "Lr"), (Json{{"cells", {"Lr", "0.1", "0.2"}}, {"kind", "marked"}}));
    EXPECT_EQ(row(table, "Ema"), (Json{{"cells", {"Ema", "–", "0.9"}}, {"kind", "marked"}}));
    EXPECT_EQ(row(table, "Model"), (Json{{"cells", {"Model", "autoencoder", "autoencoder"}}}));
    EXPECT_TRUE(row(table, "Epochs").is_null());
    EXPECT_EQ(settings_of(facts(), {"lr", "ema"}), (Json::array({Json{"Epochs", "7"}})));
    EXPECT_EQ(row(table, "Validation mse"), (Json{{"cells", {"Validation mse", "0.125 (last 0.25)", "–"}}}));
    EXPECT_EQ(row(table, "Best").at("cells")[1], "epoch 3, step 1,290, by validation mse");
    EXPECT_EQ(row(table, "State").at("cells")[1], "finished");
    EXPECT_EQ(row(table, "State").at("cells")[2].get<std::string>().substr(0, 13), "running at 19")
        << "in 1969 or 1970";
}

TEST(ReportTables, TellWhatHappened) {
    const Json events = {{{"event", "epoch"}, {"epoch", 1}},
                         {{"event", "resumed"}, {"time", "12:00"}, {"epoch", 2}, {"learning_rate", 0.5}}};
    EXPECT_EQ(events_of({{"events", events}}),
              (Json{{{"time", "12:00"}, {"event", "resumed"}, {"numbers", "epoch 2, learning rate 0.5"}}}));
}

TEST(ReportWording, CountsInThousands) {
    EXPECT_EQ(count_text(999), "999");
    EXPECT_EQ(count_text(1000), "1,000");
    EXPECT_EQ(count_text(-1234567), "-1,234,567");
    EXPECT_EQ(count_text(-123), "-123");
    EXPECT_EQ(count_text(0.5), "0.5");
}

TEST(ReportWording, WritesNumbersInFiveDigits) {
    EXPECT_EQ(number_text(0.123456), "0.12346");
    EXPECT_EQ(number_text(std::nan("")), "–");
    EXPECT_EQ(number_text(nullptr), "–");
}

TEST(ReportWording, WritesSettings) {
    EXPECT_EQ(setting_text(Json{"a", 1, 0.5, true}), "a, 1, 0.5, true");
    for (const Json& nothing : {Json(), Json(""), Json::array()}) EXPECT_EQ(setting_text(nothing), "–");
    EXPECT_EQ(title_of("weight_norm"), "Weight norm");
    EXPECT_EQ(title_of(""), "");
}

}  // namespace
}  // namespace adjoint
