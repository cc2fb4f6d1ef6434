// What `adjoint evaluate` and `adjoint interpolate` find in runs: the losses that training found, and the same numbers
// again.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "datasets/read_file.h"
#include "framework/tensor/random.h"
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/dcgan.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

class TrainedRuns : public ProgramTest {
  protected:
    nlohmann::json trained(const std::string& model) const {
        const std::string out = model.substr(0, model.find(' '));
        done("train " + model + " --dataset digits --max-steps 3 --out " + out);
        return last_metrics(out);
    }
    /// The first number after `what`.
    static double number(const std::string& text, const std::string& what) {
        std::smatch found;
        EXPECT_TRUE(std::regex_search(text, found, std::regex(what + "\\s+([-0-9.]+)"))) << what << " in " << text;
        return found.empty() ? 0.0 : std::stod(found[1]);
    }
};

TEST_F(TrainedRuns, OfAnAutoencoderHaveTheLossesThatTrainingFound) {
    const nlohmann::json metrics = trained("autoencoder");
    const std::string text = printed("evaluate --run autoencoder");
    EXPECT_NEAR(number(text, "binary cross-entropy"), metrics.at("test_cross_entropy"), 1e-5);
    EXPECT_NEAR(number(text, "mean squared error"), metrics.at("test_mse"), 1e-5);
    EXPECT_GT(number(text, "PSNR"), 5.0);
    EXPECT_LT(number(text, "SSIM"), 0.9);
}

TEST_F(TrainedRuns, OfSuperResolutionAreMeasuredBesideInterpolation) {
    const nlohmann::json metrics = trained("super-resolution --scale 3");
    const nlohmann::json found = nlohmann::json::parse(printed("evaluate --run super-resolution --json"));
    EXPECT_NEAR(found.at("psnr").at("mean"), metrics.at("test_psnr"), 1e-4);
    EXPECT_NEAR(found.at("psnr_of_bicubic").at("mean"), metrics.at("test_bicubic_psnr"), 1e-4);
    EXPECT_GT(found.at("ssim_of_bicubic").at("mean"), 0.5);
    EXPECT_GT(found.at("ssim").at("mean"), 0.5);
}

TEST_F(TrainedRuns, OfAnRbmHaveTheErrorThatTrainingFound) {
    const nlohmann::json metrics = trained("rbm");
    const nlohmann::json found = nlohmann::json::parse(printed("evaluate --run rbm --json"));
    EXPECT_NEAR(found.at("mean_squared_error").at("mean"), metrics.at("test_mse"), 1e-6);
    EXPECT_NEAR(found.at("free_energy").at("mean").get<double>() / metrics.at("test_free_energy").get<double>(), 1,
                1e-5);
}

TEST_F(TrainedRuns, OfAClassifierHaveTheLossesThatTrainingFound) {
    const nlohmann::json metrics = trained("classifier");
    const std::string text = printed("evaluate --run classifier");
    const double accuracy = metrics.at("test_accuracy");
    EXPECT_NEAR(number(text, "cross-entropy"), metrics.at("test_cross_entropy"), 1e-5);
    EXPECT_NEAR(number(text, "accuracy"), accuracy, 1e-5);
    EXPECT_NEAR(number(text, "±[^±]*±"), std::sqrt(accuracy * (1 - accuracy) / 9999), 1e-5);
}

TEST_F(TrainedRuns, OfAClassifierSayWhatEachClassIsTakenFor) {
    for (const char* name : {"b", "cucumber"}) {
        std::filesystem::create_directories(directory_ / "seen" / name);
        for (std::uint64_t i = 0; i < 60; ++i)
            write_png(directory_ / "seen" / name / fmt::format("{}.png", i), Random(i).uniform({28, 28, 1}));
    }
    done("train linear --dataset images:seen --max-steps 3 --out linear");
    const std::string line = "evaluate --run linear --dataset images:seen --images training";
    std::istringstream text(done(line).out);
    std::string header, row;
    while (std::getline(text, header) && !header.starts_with("class")) continue;
    EXPECT_EQ(header.substr(0, 40), "class      images     right   taken for ");
    const nlohmann::json found = nlohmann::json::parse(done(line + " --json").out);
    ASSERT_EQ(found.at("classes").size(), 2u);
    for (std::size_t c = 0; c < 2; ++c) {
        ASSERT_TRUE(std::getline(text, row));
        EXPECT_EQ(row.size(), header.size()) << row;
        std::istringstream words(row);
        std::string name, right;
        int images = 0, counts[2] = {};
        words >> name >> images >> right >> counts[0] >> counts[1];
        EXPECT_EQ(found.at("classes").at(c).at("name"), name);
        EXPECT_EQ(found.at("classes").at(c).at("images"), images);
        EXPECT_EQ(found.at("confusion").at(c), nlohmann::json(counts));
        EXPECT_EQ(counts[0] + counts[1], images);
        EXPECT_EQ(right, fmt::format("{:.2f}%", 100.0 * counts[c] / images));
    }
}

TEST_F(TrainedRuns, OfALinearClassifierToo) {
    const nlohmann::json metrics = trained("linear");
    EXPECT_GT(metrics.at("test_accuracy").get<double>(), 0.15);
    EXPECT_NEAR(number(printed("evaluate --run linear"), "accuracy"), metrics.at("test_accuracy"), 1e-5);
    make_run("dcgan");
    EXPECT_EQ(refusal("evaluate --run dcgan --classifier linear"),
              "2 error: evaluate: --classifier must be a run of a classifier; got one of linear in linear");
}

TEST_F(TrainedRuns, OfAGeneratorAreSeenByAClassifier) {
    make_run("wgan-gp");
    make_run("classifier");
    const std::string line = "evaluate --run wgan-gp --classifier classifier --count 300", text = printed(line);
    EXPECT_GT(number(text, "Fréchet distance"), number(text, "training images"));
    EXPECT_GE(number(text, "training images"), 0.0);
    EXPECT_LE(number(text, "entropy of an image's class"), number(text, "entropy of all classes") + 1e-9);
    EXPECT_EQ(number(text, "at most"), 2.30259);
    EXPECT_EQ(printed(line), text);
}

// ---- interpolate ----------------------------------------------------------------------------------------------------

TEST_F(TrainedRuns, ShowWhatLiesBetweenImages) {
    make_run("autoencoder");
    make_run("dcgan");
    EXPECT_EQ(printed("interpolate --run autoencoder --dataset digits --rows 2 --steps 5"),
              "autoencoder/samples/interpolate.png: 2 walks of 5 steps, each from where the one before it ends\n");
    printed("interpolate --run dcgan --rows 2 --steps 5 --png walk.png");
    for (const char* file : {"autoencoder/samples/interpolate.png", "walk.png"}) {
        const Tensor picture = read_image(directory_ / file, 1);
        ASSERT_EQ(picture.shape(), (Shape{2 * 30 + 2, 5 * 30 + 2, 1}));
        for (Index h = 0; h < 28; ++h) {
            for (Index w = 0; w < 28; ++w) {
                EXPECT_NEAR(picture[(2 + h) * 152 + 2 + 4 * 30 + w], picture[(32 + h) * 152 + 2 + w], 1.01 / 255)
                    << file << ": where a row ends the next begins";
            }
        }
    }
}

TEST_F(TrainedRuns, MoveFromImageToImageAndBack) {
    make_run("autoencoder");
    const std::string walk = "interpolate --run autoencoder --dataset digits --rows 3";
    EXPECT_EQ(printed(walk + " --animate a.png --frames 4 --frame-ms 50"),
              "a.png: 3 walks, there and back in 6 frames of 50 ms\n");
    printed(walk + " --steps 4 --png still.png");

    // A frame is a column of the still picture; readers of still pictures see the first.
    const Tensor still = read_image(directory_ / "still.png", 1);
    const auto frame = [&](Index step) {
        return Tensor::build<float>({3, 28, 28, 1}, [&](std::span<float> out) {
            for (Index n = 0, i = 0; n < 3; ++n) {
                for (Index h = 0; h < 28; ++h) {
                    const auto row = still.data<float>().subspan(
                        static_cast<std::size_t>((n * 30 + 2 + h) * still.extent(1) + step * 30 + 2), 28);
                    std::copy(row.begin(), row.end(), out.begin() + std::exchange(i, i + 28));
                }
            }
        });
    };
    expect_equal(read_image(directory_ / "a.png", 1), picture_grid(frame(0), 2), 1.01 / 255);
    AnimatedPng there_and_back(50);
    for (const Index step : {0, 1, 2, 3, 2, 1}) there_and_back.add(picture_grid(frame(step), 2));
    EXPECT_EQ(read_file(directory_ / "a.png"), there_and_back.file());
}

TEST_F(TrainedRuns, BeginTheirWalksAtWhatTheySample) {
    make_run("wgan-gp");
    printed("interpolate --run wgan-gp --rows 1 --steps 2 --seed 7 --png walk.png");
    printed("sample --run wgan-gp --count 2 --seed 7 --png samples.png");
    expect_equal(read_image(directory_ / "walk.png", 1), read_image(directory_ / "samples.png", 1), 1.01 / 255);
}

}  // namespace
}  // namespace adjoint
