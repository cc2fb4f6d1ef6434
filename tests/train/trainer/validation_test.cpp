// Truths about what a run tells of itself: which images decide and which are only shown, a point every few steps, when
// it stops by itself, that a batch learned by heart is never taken for more, and that it knows its images again.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/image_file.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/environment.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/io/npz.h"
#include "train/records/metric_lines.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Run : public ProgramTest {
  protected:
    Run() { write_digits(240); }
    /// Trains on 240 digits: 202 to train, 18 to validate and 20 to test.
    Outcome train(const std::string& model, const std::string& more) const {
        return run("train " + model + " --dataset digits.npz --batch-size 20 " + more);
    }
    std::vector<MetricLine> lines(const std::string& run) const {
        return metric_lines(content(run + "/metrics.jsonl"));
    }
    static std::map<std::string, double> numbers(const MetricLine& line) {
        return {line.numbers.begin(), line.numbers.end()};
    }
    Json config(const std::string& run) const { return Json::parse(content(run + "/config.json")); }
};

TEST_F(Run, HasAPointEveryFewStepsThatIsTheMeanOfTheirLosses) {
    ASSERT_EQ(train("linear", "--epochs 1 --log-steps 1 --out each").status, 0);
    ASSERT_EQ(train("linear", "--epochs 1 --log-steps 4 --out four").status, 0);
    const std::vector<MetricLine> each = lines("each"), four = lines("four");
    ASSERT_EQ(each.size(), 12u);  // eleven steps and the end of the epoch
    ASSERT_EQ(four.size(), 3u);
    EXPECT_EQ(four[1].place.steps, 8);
    double sum = 0.0;
    for (int step = 4; step < 8; ++step) sum += numbers(each[step]).at("step_loss");
    EXPECT_NEAR(numbers(four[1]).at("step_loss"), sum / 4, 1e-12);
    EXPECT_TRUE(fs::exists(directory_ / "each/samples/epoch-000.png"));
    EXPECT_EQ(csv_of(each), content("each/metrics.csv"));
}

TEST_F(Run, IsStoppedByItsPatienceAndKeepsTheBestWeights) {
    const Outcome outcome = train("linear", "--epochs 40 --lr 3 --patience 2 --out run");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    std::vector<double> losses;
    for (const MetricLine& line : lines("run")) {
        if (numbers(line).contains("validation_cross_entropy"))
            losses.push_back(numbers(line).at("validation_cross_entropy"));
    }
    const auto best = std::ranges::min_element(losses) - losses.begin() + 1;
    EXPECT_LT(losses.size(), 40u);
    EXPECT_EQ(losses.size(), static_cast<std::size_t>(best) + 2);
    EXPECT_NE(outcome.err.find("info: the validation loss has not fallen for 2 epochs\n"), std::string::npos);
    const Json found = Json::parse(done("evaluate --run run --weights best --images validation --json").out);
    EXPECT_NEAR(found.at("cross_entropy").at("mean"), losses[static_cast<std::size_t>(best) - 1], 1e-9);
    EXPECT_EQ(done("train linear --resume run").out, outcome.out.substr(outcome.out.find("weights: ")));
}

TEST_F(Run, WithoutValidationDecidesNothing) {
    ASSERT_EQ(train("linear", "--epochs 1 --validation 0 --out run").status, 0);
    EXPECT_FALSE(fs::exists(directory_ / "run/best.safetensors"));
    EXPECT_FALSE(numbers(lines("run").back()).contains("validation_accuracy"));
    EXPECT_TRUE(numbers(lines("run").back()).contains("test_accuracy"));
    EXPECT_EQ(config("run").at("data").at("validation"), 0);
    EXPECT_EQ(train("linear", "--validation 0 --patience 1").err,
              "error: --patience: the validation loss must decide; got --validation 0\n");
    EXPECT_EQ(train("linear", "--validation 0 --schedule plateau").err,
              "error: --schedule: plateau needs a validation loss; got --validation 0\n");
}

TEST_F(Run, OnOneBatchStopsWhenItIsLearnedByHeartAndIsCalledSo) {
    const Outcome outcome = train("classifier", "--overfit-one-batch --epochs 40 --out run");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find(": learned by heart after "), std::string::npos) << outcome.err;
    for (const MetricLine& line : lines("run")) {
        for (const auto& [name, number] : line.numbers) {
            EXPECT_TRUE(name.starts_with("overfit_") || name.find('/') != std::string::npos || name == "learning_rate")
                << name;
        }
    }
    EXPECT_FALSE(fs::exists(directory_ / "run/best.safetensors"));
    const Outcome shorter = train("classifier", "--overfit-one-batch --max-steps 2 --out short");
    EXPECT_NE(shorter.err.find("info: not learned by heart in 2 steps, which would be overfit_accuracy>=1\n"),
              std::string::npos)
        << shorter.err;
}

TEST_F(Run, KnowsItsImagesWhereverItIsCalledFrom) {
    ASSERT_EQ(train("linear", "--epochs 1 --out run").status, 0);
    EXPECT_EQ(config("run").at("data").at("directory"), fs::canonical(directory_ / "digits.npz").string());
    fs::create_directory(directory_ / "elsewhere");
    const Outcome there = run_program({"evaluate", "--run", "../run"}, directory_ / "elsewhere");
    EXPECT_EQ(there.status, 0) << there.err;
    EXPECT_TRUE(there.err.starts_with("info: data: arrays in ")) << there.err;
}

TEST_F(Run, GoesOnWithNoOtherImages) {
    ASSERT_EQ(train("linear", "--epochs 1 --out run").status, 0);
    write_digits(239);
    const Outcome outcome = run("train linear --resume run --epochs 2");
    EXPECT_EQ(outcome.status, 65);
    EXPECT_NE(outcome.err.find("run: must go on with the images that it was begun with, arrays in "), std::string::npos)
        << outcome.err;
    EXPECT_NE(outcome.err.find(": 202 training, 18 validation, 20 test images"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(": 201 training, 18 validation, 20 test images"), std::string::npos) << outcome.err;
}

TEST_F(Run, GoesOnWithTheSameImagesInAnotherPlace) {
    ASSERT_EQ(train("linear", "--epochs 1 --schedule constant --out run").status, 0);
    fs::rename(directory_ / "digits.npz", directory_ / "moved.npz");
    EXPECT_EQ(run("train linear --resume run --epochs 2").status, 66);
    const Outcome outcome = run("train linear --resume run --epochs 2 --dataset moved.npz");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Run, EndsAsOneThatWasNeverStoppedWhateverItDoesBesideLearning) {
    const std::string more =
        "--epochs 2 --log-steps 3 --augment shift,flip,rotate,brightness --ema 0.9 --optimizer rmsprop --momentum 0.5 ";
    ASSERT_EQ(train("vae", more + "--width 4 --latent 4 --out whole").status, 0);
    ASSERT_EQ(train("vae", more + "--width 4 --latent 4 --out cut --max-steps 14").status, 0);
    ASSERT_EQ(run("train vae --resume cut --max-steps 0").status, 0);
    for (const char* file : {"weights.safetensors", "average.safetensors", "best.safetensors", "metrics.jsonl",
                             "metrics.csv", "samples/epoch-002.png", "samples/augmented.png"}) {
        EXPECT_TRUE(content(std::string("whole/") + file) == content(std::string("cut/") + file)) << file;
        EXPECT_FALSE(content(std::string("whole/") + file).empty()) << file;
    }
}

TEST_F(Run, ShowsTheFirstSixtyFourImagesAsTheyAreChanged) {
    ASSERT_EQ(run("train linear --dataset digits.npz --batch-size 70 --max-steps 1 --augment shift --out run").status,
              0);
    const Tensor picture = read_image(directory_ / "run/samples/augmented.png", 1);
    ASSERT_EQ(picture.shape(), Shape({8 * 30 + 2, 8 * 30 + 2, 1}));  // pixels of images and margins
    const Index begin = 7 * 30 + 2, end = 8 * 30;
    const std::vector<double> image = slice(slice(picture, {0, begin, end}), {1, begin, end}).value().to_vector();
    EXPECT_EQ(std::ranges::min(image), 0.0);  // a digit's ground, where a place without image is grey
}

TEST_F(Run, OfWeightsThatAreNotFiniteIsRefused) {
    make_run("linear");
    write_npz(directory_ / "nan.npz",
              {{"linear.weight", Tensor::full({784, 10}, std::nan(""))}, {"linear.bias", Tensor::zeros({10})}});
    const Outcome outcome = run("evaluate --run linear --weights nan.npz");
    EXPECT_EQ(outcome.status, 65);
    EXPECT_NE(outcome.err.find("error: nan.npz: weights must be finite; got nan at element 0 of linear.weight\n"),
              std::string::npos)
        << outcome.err;
}

}  // namespace
}  // namespace adjoint
