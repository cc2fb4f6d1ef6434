// Truths about the facts of a run: how it stands, which epoch was best, and in what it differs from another.
#include "train/report/run_facts.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "datasets/read_file.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

class RunFacts : public testing::Test {
  protected:
    RunDirectory make(const std::string& name, const std::string& settings = "epochs = 3",
                      const std::string& dataset = "digits") const {
        return RunDirectory::create(directory_ / name,
                                    {.model = "autoencoder", .data = {.name = dataset}, .settings = settings}, false);
    }
    static void write(const RunDirectory& run, const std::string& file, const std::string& text) {
        write_bytes(run.path() / file, text);
    }
    /// Of a run with these metrics.
    Json facts(const std::string& metrics) const {
        const RunDirectory run = make("run");
        write(run, "metrics.jsonl", metrics);
        const Json read = facts_of(run);
        fs::remove_all(run.path());
        return read;
    }
    /// Of a run with these events after its first step.
    std::string state(const std::string& events, const std::string& metrics = R"({"step":1,"epoch":1})") const {
        const RunDirectory run = make("run");
        write(run, "events.jsonl", events);
        write(run, "metrics.jsonl", metrics);
        const Json read = facts_of(run);
        EXPECT_EQ(read.at("running"), read.at("state") == "running");
        fs::remove_all(run.path());
        return read.at("state");
    }

    TemporaryDirectory directory_;
};

TEST_F(RunFacts, HoldTheConfigurationAndWhatItIsOf) {
    const RunDirectory run = make("first", "dataset = 'auto'\nbatch-size = 8\nlr = 0.25\nfreeze = ['a']");
    const Json read = facts_of(run);
    EXPECT_EQ(read.at("title"), "first");
    EXPECT_EQ(read.at("directory"), run.path().string());
    EXPECT_EQ(read.at("model"), "autoencoder");
    EXPECT_EQ(read.at("data").at("title"), "digits drawn by adjoint") << "not auto";
    Json config = Json::parse(read_file(run.path() / "config.json"));
    for (const char* told : {"model", "data"}) config.erase(told);
    config["batch_size"] = 8;
    config["freeze"] = {"a"};
    config["lr"] = 0.25;
    EXPECT_EQ(read.at("config"), config);
    EXPECT_EQ(read.at("overfit"), false);
    EXPECT_TRUE(read.at("problems").empty());
}

TEST_F(RunFacts, HoldWhatIsKnownOfTheData) {
    const RunDirectory run = make("first", "", "mnist");
    Json config = Json::parse(read_file(run.path() / "config.json"));
    config["data"] = {{"name", "mnist"}, {"training", 55000}};
    write(run, "config.json", config.dump());
    const Json read = facts_of(run);
    EXPECT_EQ(read.at("data"), (Json{{"name", "mnist"}, {"training", 55000}, {"title", "MNIST"}}));
    EXPECT_FALSE(read.at("config").contains("data"));
    EXPECT_EQ(facts_of(make("other", "", "images:cats")).at("data").at("title"), "images:cats");
}

TEST_F(RunFacts, SayWhereOneBatchIsLearnedByHeart) {
    EXPECT_EQ(facts_of(make("first", "overfit-one-batch = true")).at("title"), "first (overfit on one batch)");
    EXPECT_EQ(facts_of(make("second", "overfit-one-batch = true")).at("overfit"), true);
    EXPECT_EQ(facts(R"({"step":1,"epoch":1,"overfit_step_loss":1})").at("overfit"), true) << "by its metrics";
    EXPECT_EQ(facts_of(make("third", "overfit-one-batch = false")).at("title"), "third");
}

TEST_F(RunFacts, SayHowARunStandsByItsLastEvent) {
    EXPECT_EQ(state(""), "running");
    EXPECT_EQ(state(R"({"event":"epoch","epoch":3})"), "running");
    EXPECT_EQ(state("{\"event\":\"stopped: by hand\",\"epoch\":1}\n{\"event\":\"resumed\",\"epoch\":1}"), "running");
    EXPECT_EQ(state(R"({"event":"early stopping: enough","epoch":3})"), "running");
    EXPECT_EQ(state(R"({"event":"finished","epoch":3})"), "finished");
    EXPECT_EQ(state(R"({"event":"stopped: by hand","epoch":1})"), "stopped");
    EXPECT_EQ(state(R"({"event":5,"epoch":1})"), "running");
}

TEST_F(RunFacts, OfOldSayThatARunFinishedWithItsLastEpoch) {
    EXPECT_EQ(state("", R"({"epoch":2,"test_mse":1})"), "running");
    EXPECT_EQ(state("", R"({"epoch":3,"test_mse":1})"), "finished");
    EXPECT_EQ(state("", R"({"epoch":3,"step":30,"training_loss":1})"), "running") << "new: it will say so";
}

TEST_F(RunFacts, SayWhenARunWroteLast) {
    const RunDirectory run = make("first");
    const auto time = [](int seconds) {
        return std::chrono::file_clock::from_sys(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
    };
    for (const char* file : {"metrics.jsonl", "events.jsonl"}) write(run, file, "");
    for (const auto& [file, seconds] :
         {std::pair("config.json", 1000), {"metrics.jsonl", 3000}, {"events.jsonl", 2000}}) {
        fs::last_write_time(run.path() / file, time(seconds));
    }
    EXPECT_EQ(facts_of(run).at("written"), 3000);
}

TEST_F(RunFacts, TellEndsOfEpochsFromPointsWithin) {
    EXPECT_TRUE(is_end_of_epoch(Json{{"step", 3}, {"epoch", 1}, {"training_loss", 1}}));
    EXPECT_TRUE(is_end_of_epoch(Json{{"step", 3}, {"epoch", 1}, {"overfit_training_loss", 1}}));
    EXPECT_TRUE(is_end_of_epoch(Json{{"epoch", 1}, {"test_mse", 1}})) << "of old";
    EXPECT_FALSE(is_end_of_epoch(Json{{"step", 3}, {"epoch", 1}, {"step_loss", 1}, {"learning_rate", 1}}));
}

TEST_F(RunFacts, TakeTheBestEpochByTheValidationImages) {
    const Json read =
        facts(R"({"step":9,"epoch":1,"step_loss":0.0})"
              "\n"
              R"({"step":9,"epoch":1,"training_loss":3,"validation_mse":3,"test_mse":1,"weight_norm/a":1})"
              "\n"
              R"({"step":18,"epoch":2,"training_loss":2,"validation_mse":2,"test_mse":2,"weight_norm/a":1})"
              "\n"
              R"({"step":27,"epoch":3,"training_loss":1,"validation_mse":4,"test_mse":0,"weight_norm/a":1})"
              "\n"
              R"({"step":30,"epoch":4,"step_loss":0.0})");
    EXPECT_EQ(read.at("best"), (Json{{"by", "validation_mse"},
                                     {"step", 18},
                                     {"epoch", 2},
                                     {"training_loss", 2},
                                     {"validation_mse", 2},
                                     {"test_mse", 2}}));
    EXPECT_EQ(read.at("last").at("epoch"), 3);
    EXPECT_FALSE(read.at("last").contains("weight_norm/a"));
}

TEST_F(RunFacts, TakeTheHighestAccuracyAndTheFirstOfEquals) {
    const Json read = facts(
        "{\"epoch\":1,\"test_accuracy\":0.5}\n{\"epoch\":2,\"test_accuracy\":0.9}\n"
        "{\"epoch\":3,\"test_accuracy\":null}\n{\"epoch\":4,\"test_accuracy\":0.9}\n");
    EXPECT_EQ(read.at("best"), (Json{{"by", "test_accuracy"}, {"epoch", 2}, {"test_accuracy", 0.9}}));
}

TEST_F(RunFacts, TakeTheHighestOverlapOfASegmentation) {
    const Json read = facts(
        "{\"epoch\":1,\"test_mean_iou\":0.7,\"test_accuracy\":0.8}\n"
        "{\"epoch\":2,\"test_mean_iou\":0.6,\"test_accuracy\":0.9}\n");
    EXPECT_EQ(read.at("best").at("by"), "test_mean_iou");
    EXPECT_EQ(read.at("best").at("epoch"), 1);
}

TEST_F(RunFacts, TakeTheBestByTheOneBatchThatIsLearnedByHeart) {
    EXPECT_EQ(facts(R"({"step":9,"epoch":1,"overfit_step_loss":1,"overfit_training_loss":1,"overfit_mse":1})")
                  .at("best")
                  .at("by"),
              "overfit_mse");
}

TEST_F(RunFacts, KnowNoBestEpochInAGameOfTwoNetworks) {
    const Json read = facts(
        R"({"step":9,"epoch":1,"training_D_loss":1,"validation_discriminator_loss":1,"validation_generator_loss":1})");
    EXPECT_TRUE(read.at("best").is_null());
    EXPECT_EQ(read.at("last").at("epoch"), 1);
}

TEST_F(RunFacts, LeaveOutWhatIsDamagedAndSaySo) {
    const RunDirectory run = make("odd", "epochs = ");
    write(run, "events.jsonl", "{}\n{\"epoch\":\"one\"}\n[1]\n\n{\"event\":\"resumed\",\"epoch\":1}\n");
    write(run, "metrics.jsonl", "{\"epoch\":1,\"step\":\"one\"}\n{\"epoch\":1,\"test_mse\":1}\n{\"epoch\":2,\"test_m");
    const Json read = facts_of(run);
    EXPECT_EQ(read.at("events"), (Json{{{"event", "resumed"}, {"epoch", 1}}}));
    EXPECT_EQ(read.at("metrics"), (Json{{{"epoch", 1}, {"test_mse", 1}}}));
    const Json& problems = read.at("problems");
    ASSERT_EQ(problems.size(), 6u);
    EXPECT_EQ(problems[0], "Line 1 of metrics.jsonl is damaged and left out");
    EXPECT_EQ(problems[1], "Line 3 of metrics.jsonl is damaged and left out");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(problems[2 + i], "Line " + std::to_string(i + 1) + " of events.jsonl is damaged and left out");
    }
    EXPECT_NE(problems[5].get<std::string>().find("config.toml"), std::string::npos);
}

TEST_F(RunFacts, LeaveOutWhatCannotBeReadAndSaySo) {
    const RunDirectory run = make("piped", "");
    for (const char* name : {"metrics.jsonl", "events.jsonl"}) ::mkfifo((run.path() / name).c_str(), 0600);
    const Json read = facts_of(run);
    EXPECT_EQ(read.at("metrics"), Json::array());
    ASSERT_EQ(read.at("problems").size(), 2u);
    EXPECT_EQ(read.at("problems")[1], (run.path() / "events.jsonl").string() + ": must be a file; got a FIFO");
}

TEST_F(RunFacts, CompareRunsByWhatDiffers) {
    const RunDirectory one = make("one", "lr = 0.1\nepochs = 3\nema = 0.9"), two = make("two", "lr = 0.2\nepochs = 3");
    write(two, "metrics.jsonl", R"({"epoch":3,"test_mse":0.5})");
    EXPECT_EQ(differing_settings(Json{facts_of(one), facts_of(two)}), (std::vector<std::string>{"ema", "lr"}));
    const std::string lines = comparison_of({one, two});
    const std::size_t end = lines.find('\n');
    const Json first = Json::parse(lines.substr(0, end)), second = Json::parse(lines.substr(end));
    EXPECT_EQ(first.at("directory"), one.path().string());
    EXPECT_EQ(first.at("settings"), (Json{{"ema", 0.9}, {"lr", 0.1}}));
    EXPECT_EQ(second.at("settings"), (Json{{"ema", nullptr}, {"lr", 0.2}}));
    EXPECT_TRUE(first.at("last").is_null() && first.at("best").is_null());
    EXPECT_EQ(second.at("last"), (Json{{"epoch", 3}, {"test_mse", 0.5}}));
    EXPECT_EQ(second.at("best").at("by"), "test_mse");
    EXPECT_EQ(first.at("state"), "running");
    EXPECT_EQ(second.at("state"), "finished");
    for (const char* name : {"model", "data", "overfit", "written"}) EXPECT_TRUE(first.contains(name)) << name;
}

}  // namespace
}  // namespace adjoint
