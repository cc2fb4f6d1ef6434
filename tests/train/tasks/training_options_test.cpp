// Truths about the options of a run that change what it does beside learning: an estimate, one batch, JSON, noise,
// settings from a file, and what becomes of a number that is not finite.
#include "train/tasks/training_options.h"

#include <nlohmann/json.hpp>

#include "tests/support/environment.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class TrainingOption : public ProgramTest {
  protected:
    /// A short training on drawn digits with more words.
    Outcome train(const std::string& model, const std::string& more) const {
        return run("train " + model + " --dataset digits --batch-size 8 " + more);
    }
    std::vector<Json> lines(const std::string& text) const {
        std::vector<Json> all;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) all.push_back(Json::parse(line));
        return all;
    }
};

TEST(TrainingOptions, AskADatasetForImagesOfTheSizesOfTheModel) {
    TrainingOptions options = find_task("autoencoder")->defaults;
    options.dataset.name = "x.npy";
    options.sizes.image_size = 64;
    options.sizes.channels = 3;
    options.seed = 7;
    const DatasetOptions dataset = dataset_of(options);
    EXPECT_EQ(dataset.name, "x.npy");
    EXPECT_EQ(dataset.image_size, 64);
    EXPECT_EQ(dataset.channels, 3);
    EXPECT_EQ(dataset.seed, 7U);
}

TEST_F(TrainingOption, DryRunEstimatesAndWritesNothing) {
    const Outcome dry = train("dcgan", "--width 4 --epochs 2 --lr 0.002 --dry-run --json");
    ASSERT_EQ(dry.status, 0) << dry.err;
    const Json estimate = Json::parse(dry.out);
    EXPECT_EQ(estimate.at("steps"), 2 * 55'000 / 8);
    EXPECT_GT(estimate.at("step_ms").get<double>(), 0.0);
    EXPECT_NEAR(estimate.at("seconds").get<double>(),
                estimate.at("step_ms").get<double>() * 13.75 + 2 * estimate.at("test_seconds").get<double>(), 1e-6);
    EXPECT_TRUE(fs::is_empty(directory_.path()));
    write_bytes(directory_ / "settings.toml", estimate.at("settings"));
    const Outcome again = run("train dcgan --config settings.toml --dry-run --json");
    EXPECT_EQ(Json::parse(again.out).at("settings"), estimate.at("settings"));
}

TEST_F(TrainingOption, OneBatchIsLearnedByHeart) {
    const Outcome outcome = train("classifier",
                                  "--overfit-one-batch --max-steps 60 --out run "
                                  "--require overfit_accuracy>=1");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(TrainingOption, ARequirementThatIsNotMetFailsTheRunThatIsThereAllTheSame) {
    const Outcome outcome = train("classifier", "--max-steps 1 --out run --require test_accuracy>0.99");
    EXPECT_EQ(outcome.status, 3);
    EXPECT_NE(outcome.err.find("error: --require: test_accuracy>0.99 is not so; got 0."), std::string::npos)
        << outcome.err;
    EXPECT_TRUE(fs::exists(directory_ / "run/weights.safetensors"));
}

TEST_F(TrainingOption, ResultsAreJsonWhereAskedFor) {
    const Outcome outcome = train("autoencoder", "--max-steps 1 --out run --json");
    const std::vector<Json> printed = lines(outcome.out), metrics = lines(content("run/metrics.jsonl"));
    ASSERT_EQ(printed.size(), 2u);
    for (const auto& [name, value] : printed[0].items()) EXPECT_EQ(value, metrics.at(0).at(name)) << name;
    EXPECT_TRUE(printed[0].contains("test_mse"));
    EXPECT_EQ(printed[1], (Json{{"weights", "run/weights.safetensors"}, {"pictures", "run/samples"}}));
}

TEST_F(TrainingOption, TheSettingsOfARunGiveItsBytesAgain) {
    EXPECT_EQ(train("dcgan", "--width 4 --max-steps 3 --seed 9 --ema 0.5 --out one").status, 0);
    done("train dcgan --config one/config.toml --out two");
    for (const char* file : {"config.toml", "weights.safetensors", "average.safetensors", "metrics.jsonl"}) {
        EXPECT_TRUE(content(fs::path("one") / file) == content(fs::path("two") / file)) << file;
    }
}

TEST_F(TrainingOption, PrecisionChangesStepsAndGoesOnInARunThatIsResumed) {
    const std::string line = "train dcgan --dataset digits --width 4 --batch-size 20 --max-steps ";
    const auto weights = [&](const std::string& out) { return content(out + "/weights.safetensors"); };
    done(line + "4 --out whole");
    done(line + "4 --precision bf16 --out rounded");
    done(line + "2 --precision bf16 --out resumed");
    done("train dcgan --resume resumed --max-steps 4");
    EXPECT_FALSE(weights("rounded").empty());
    EXPECT_TRUE(weights("rounded") == weights("resumed"));
    EXPECT_FALSE(weights("rounded") == weights("whole"));
    EXPECT_EQ(refusal("train dcgan --precision fp16"), "2 error: --precision: fp16 not in {float32,bf16}");
}

TEST_F(TrainingOption, TheEnvironmentSetsWhatNoFlagDoes) {
    const EnvironmentVariable rate("ADJOINT_LR", "0.25"), seed("ADJOINT_SEED", "77");
    const std::string settings = Json::parse(train("dcgan", "--width 4 --seed 5 --dry-run --json").out).at("settings");
    EXPECT_NE(settings.find("\nlr = 0.25\n"), std::string::npos) << settings;
    EXPECT_NE(settings.find("\nseed = 5\n"), std::string::npos) << settings;
}

TEST_F(TrainingOption, ARecipeSetsWhatNothingElseDoes) {
    write_bytes(directory_ / "seed.toml", "seed = 6\nbatch-size = 100\n");
    const Outcome outcome = run(
        "train dcgan --dataset digits --width 4 --recipe dcgan --config seed.toml --lr 0.25 --max-steps 1 --out run");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string settings = content("run/config.toml");
    for (const char* line : {"schedule = 'constant'", "real-label = 1", "beta1 = 0.5",  // the recipe
                             "seed = 6", "batch-size = 100", "lr = 0.25"}) {
        EXPECT_NE(settings.find(fmt::format("\n{}\n", line)), std::string::npos) << line << " is not in\n" << settings;
    }
    EXPECT_EQ(run("train dcgan --resume run --max-steps 2").status, 0);
    EXPECT_NE(run("train dcgan --help").out.find("Settings that go together"), std::string::npos);
    EXPECT_EQ(refusal("train dcgan --recipe gan"), "2 error: --recipe: gan not in {dcgan}; did you mean dcgan?");
    EXPECT_EQ(refusal("train dcgan --real-label 0.4"),
              "2 error: --real-label: must be a number from 0.5 to 1; got 0.4");
}

TEST_F(TrainingOption, NoiseChangesWhatIsSeenAndTheSameSeedGivesTheSameNoise) {
    const auto weights = [&](const std::string& out, const std::string& noise) {
        EXPECT_EQ(train("autoencoder", "--max-steps 2 --noise " + noise + " --out " + out).status, 0);
        return content(out + "/weights.safetensors");
    };
    const std::string noisy = weights("one", "0.5");
    EXPECT_TRUE(weights("two", "0.5") == noisy);
    EXPECT_FALSE(weights("three", "0") == noisy);
}

// ---- numbers that are not finite ------------------------------------------------------------------------------------

TEST_F(TrainingOption, ARunWhoseNumbersGoWrongStopsAndNamesTheOperation) {
    const Outcome outcome = train("autoencoder", "--lr 1e30 --save-steps 1 --out run");
    EXPECT_EQ(outcome.status, 1);
    for (const char* said :
         {"error: step 2: conv2d in encoder.down2([8, 14, 14, 32]): the result must be finite; got ",
          "; the last checkpoint is run/checkpoints/step-000000001.safetensors; --resume with --on-nan rollback goes "
          "on in smaller steps\n"}) {
        EXPECT_NE(outcome.err.find(said), std::string::npos) << outcome.err;
    }
    EXPECT_FALSE(fs::exists(directory_ / "run/weights.safetensors")) << "nothing is made of broken weights";
    done(
        "reconstruct --run run --weights run/checkpoints/step-000000000.safetensors --dataset digits --count 4 "
        "--png x.png");
    EXPECT_EQ(lines(content("run/events.jsonl")).back().at("event"), "stopped: step 2: loss is not finite");
}

TEST_F(TrainingOption, OrGoesBackWithSmallerAndSmallerStepsUntilItHolds) {
    const Outcome outcome = train("vae", "--schedule constant --lr 1.5 --on-nan rollback --max-steps 4 --out run");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::vector<Json> events = lines(content("run/events.jsonl"));
    ASSERT_GE(events.size(), 2u);
    double factor = 1.0;
    for (std::size_t i = 0; i + 2 < events.size(); ++i) {  // the last two are the epoch and the end
        EXPECT_TRUE(events[i].at("event").get<std::string>().starts_with("rolled back: step "));
        EXPECT_EQ(events[i].at("rate_factor"), factor /= 2);
    }
    EXPECT_EQ(last_metrics("run").at("learning_rate"), 1.5 * factor);
}

}  // namespace
}  // namespace adjoint
