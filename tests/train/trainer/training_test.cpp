// Truths about training and its runs, told through the program: the same weights for any number of threads, the files
// that a run leaves, and what `sample` and `reconstruct` make of them.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "framework/kernels/gemm.h"
#include "framework/ops/elementwise.h"
#include "models/autoencoder.h"
#include "models/dcgan.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/png.h"
#include "train/io/safetensors.h"
#include "train/io/weights_file.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

class Training : public ProgramTest {
  protected:
    std::string content(const std::string& file) const {
        std::ifstream stream(directory_ / file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    /// Trains for a few steps on drawn digits, and returns the bytes of the weights.
    std::string weights(const std::string& model, const std::string& steps, const std::string& threads,
                        const std::string& seed = "1") const {
        const std::string out = model + "-" + threads + "-" + seed;
        const Outcome outcome = run({"train", model, "--dataset", "digits", "--max-steps", steps, "--batch-size", "32",
                                     "--threads", threads, "--seed", seed, "--out", out});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const std::string begin =
            fmt::format("info: {} threads, {} kernels of OpenBLAS, seed {}\n", threads, gemm_kernels(), seed);
        EXPECT_TRUE(outcome.err.starts_with(begin)) << outcome.err;  // and progress, where it takes longer
        return content(out + "/weights.safetensors");
    }
    /// The run's configuration says what was asked for, its numbers are finite, and its picture has this size.
    void expect_files(const std::string& out, const std::string& model, const Words& metrics, const Shape& picture) {
        const TrainedRun run = TrainedRun::open({directory_ / out});
        EXPECT_EQ(run.task.name, model);
        EXPECT_EQ(run.directory.dataset(), "digits");
        EXPECT_EQ(run.options.batch_size, 32);
        EXPECT_EQ(run.options.seed, 1u);
        const auto line = nlohmann::json::parse(content(out + "/metrics.jsonl"));
        EXPECT_EQ(line.at("epoch"), 1);
        for (const std::string& name : metrics) EXPECT_TRUE(line.at(name).is_number()) << name;
        EXPECT_EQ(read_grey_image(directory_ / (out + "/samples/epoch-001.png")).shape(), picture);
    }
};

// ---- train ----------------------------------------------------------------------------------------------------------

TEST_F(Training, GivesTheAutoencoderTheSameWeightsForAnyNumberOfThreads) {
    const std::string one = weights("autoencoder", "6", "1");
    for (const char* threads : {"2", "3", "8"}) {
        EXPECT_TRUE(weights("autoencoder", "6", threads) == one) << threads << " threads";
    }
    expect_files("autoencoder-3-1", "autoencoder", {"test_cross_entropy", "test_mse"},
                 {8 * (28 + 2) + 2, 16 * (28 + 2) + 2, 1});
    Autoencoder model{Random(0)};
    EXPECT_NO_THROW(load_weights(directory_ / "autoencoder-1-1/weights.safetensors", model.states()));
}

TEST_F(Training, GivesTheDcganTheSameWeightsForAnyNumberOfThreads) {
    const std::string one = weights("dcgan", "3", "1");
    for (const char* threads : {"2", "3", "8"}) {
        EXPECT_TRUE(weights("dcgan", "3", threads) == one) << threads << " threads";
    }
    EXPECT_FALSE(weights("dcgan", "3", "1", "2") == one) << "another seed";
    expect_files("dcgan-3-1", "dcgan", {"test_discriminator_loss", "test_generator_loss"},
                 {8 * (28 + 2) + 2, 12 * (28 + 2) + 2, 1});
}

TEST_F(Training, GivesTheClassifierTheSameWeightsForAnyNumberOfThreads) {
    const std::string one = weights("classifier", "3", "1");
    for (const char* threads : {"2", "3"}) {
        EXPECT_TRUE(weights("classifier", "3", threads) == one) << threads << " threads";
    }
    expect_files("classifier-3-1", "classifier", {"test_cross_entropy", "test_accuracy"},
                 {8 * (28 + 2) + 2, 12 * (28 + 2) + 2, 1});
}

TEST_F(Training, GivesTheWganGpTheSameWeightsForAnyNumberOfThreads) {
    const std::string one = weights("wgan-gp", "5", "1");  // the fifth is followed by one of the generator
    for (const char* threads : {"2", "3"}) {
        EXPECT_TRUE(weights("wgan-gp", "5", threads) == one) << threads << " threads";
    }
    EXPECT_FALSE(weights("wgan-gp", "4", "8") == one);
    expect_files("wgan-gp-3-1", "wgan-gp",
                 {"test_distance", "test_penalty", "test_gradient_norm", "test_generator_loss"},
                 {8 * (28 + 2) + 2, 12 * (28 + 2) + 2, 1});
    EXPECT_EQ(printed({"sample", "--run", "wgan-gp-1-1", "--count", "2", "--npy", "x.npy"}),
              "x.npy: float32 [2, 28, 28, 1]\n");
}

// ---- refinements ----------------------------------------------------------------------------------------------------

class Refined : public Training {
  protected:
    using States = std::map<std::string, Tensor>;
    /// Three steps on drawn digits with more words, unless these say how many; what the file of the run holds then.
    States states(const std::string& out, const Words& more, const std::string& file = "weights.safetensors",
                  const std::string& model = "autoencoder") const {
        Words words = {"train", model, "--dataset", "digits", "--batch-size", "8", "--out", out};
        words.insert(words.end(), more.begin(), more.end());
        if (std::find(more.begin(), more.end(), "--max-steps") == more.end()) {
            words.insert(words.end(), {"--max-steps", "3"});
        }
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return read_safetensors(directory_ / out / file).tensors;
    }
    /// The names of the tensors that differ, joined.
    static std::string changed(const States& a, const States& b) {
        std::string names;
        for (const auto& [name, tensor] : a) {
            if (!identical(tensor, b.at(name))) names += name + " ";
        }
        return names;
    }
};

TEST_F(Refined, RunsKeepFrozenParametersBitForBitAndTrainTheOthers) {
    const States first = states("first", {});
    const States tuned = states("tuned", {"--init", "first", "--freeze", "encoder", "--freeze", "decoder.up1.weight"});
    EXPECT_EQ(changed(tuned, first),
              "decoder.expand.bias decoder.expand.weight decoder.up1.bias decoder.up2.bias decoder.up2.weight "
              "decoder.up3.bias decoder.up3.weight ");
    const States gan = states("gan", {}, "weights.safetensors", "dcgan");
    const States tuned_gan =
        states("tuned-gan", {"--init", "gan", "--freeze", "discriminator.norm2"}, "weights.safetensors", "dcgan");
    const std::string names = changed(tuned_gan, gan);
    EXPECT_EQ(names.find("discriminator.norm2"), std::string::npos) << names;
    EXPECT_NE(names.find("discriminator.norm3.running_mean"), std::string::npos) << names;
}

TEST_F(Refined, RunsSaveTheAverageOfTheirWeightsBesideTheLast) {
    const States one = states("one", {"--ema", "0.9", "--max-steps", "1"}, "average.safetensors");
    EXPECT_EQ(changed(one, read_safetensors(directory_ / "one/weights.safetensors").tensors), "");
    const States average = states("three", {"--ema", "0.9"}, "average.safetensors");
    const States last = read_safetensors(directory_ / "three/weights.safetensors").tensors;
    EXPECT_FALSE(changed(average, last).empty());
    EXPECT_EQ(changed(last, states("plain", {})), "") << "averaging changed the training";
    EXPECT_FALSE(fs::exists(directory_ / "plain/average.safetensors"));
}

TEST_F(Refined, RunsTakeOtherStepsWithEachOption) {
    const States plain = states("plain", {});
    const std::vector<Words> options = {{"--schedule", "cosine", "--epochs", "1"},
                                        {"--schedule", "one-cycle"},
                                        {"--warmup", "2"},
                                        {"--clip-norm", "1e-6"},
                                        {"--clip-value", "1e-5"}};
    for (std::size_t i = 0; i < options.size(); ++i) {
        EXPECT_FALSE(changed(states("other-" + std::to_string(i), options[i]), plain).empty()) << options[i][0];
    }
    EXPECT_EQ(changed(states("same", {"--schedule", "plateau", "--clip-norm", "1e9", "--clip-value", "1e9"}), plain),
              "");
}

// ---- sample ---------------------------------------------------------------------------------------------------------

/// Runs whose networks have their first, random weights: those cost nothing.
class FinishedRuns : public Training {
  protected:
    FinishedRuns() {
        RunDirectory::create(directory_ / "gan", {.model = "dcgan"}, false).save_weights(Dcgan(Random(5)).states());
        RunDirectory::create(directory_ / "coder", {.model = "autoencoder"}, false)
            .save_weights(Autoencoder(Random(5)).states());
    }
    Tensor samples(const std::string& count, const std::string& seed) const {
        EXPECT_EQ(printed({"sample", "--run", "gan", "--count", count, "--seed", seed, "--npy", "x.npy"}),
                  "x.npy: float32 [" + count + ", 28, 28, 1]\n");
        return read("x.npy");
    }
};

TEST_F(FinishedRuns, SampleImagesInZeroToOneThatAreAFunctionOfTheSeed) {
    const Tensor images = samples("3", "7");
    ASSERT_EQ(images.shape(), (Shape{3, 28, 28, 1}));
    EXPECT_EQ(images.dtype(), DType::float32);
    for (const double value : images.to_vector()) EXPECT_TRUE(0 <= value && value <= 1) << value;
    EXPECT_TRUE(identical(samples("3", "7"), images));
    EXPECT_FALSE(identical(samples("3", "8"), images));
    const Tensor noise = Random(7).normal({3, 1, 1, dcgan_noise});
    expect_equal(images, (Dcgan(Random(5))(noise) + 1.0) / 2.0, 1e-6);
}

TEST_F(FinishedRuns, SampleWithTheGeneratorOfAWassersteinGame) {
    const WganGp model{Random(6)};
    RunDirectory::create(directory_ / "wgan", {.model = "wgan-gp"}, false).save_weights(model.states());
    printed({"sample", "--run", "wgan", "--count", "3", "--seed", "7", "--npy", "x.npy"});
    expect_equal(read("x.npy"), (model(generator_noise(Random(7), 3)) + 1.0) / 2.0, 1e-6);
}

TEST_F(FinishedRuns, SampleEachImageWhateverTheirNumber) {
    const Tensor many = samples("252", "7"), few = samples("3", "7");  // 250 are drawn at once
    for (Index i = 0; i < few.size(); ++i) ASSERT_NEAR(many[i], few[i], 1e-6) << "pixel " << i;
    bool differ = false;
    for (Index i = 0; i < 28 * 28; ++i) differ = differ || std::abs(many[250 * 28 * 28 + i] - many[i]) > 1e-6;
    EXPECT_TRUE(differ) << "image 250 is image 0 again";
}

TEST_F(FinishedRuns, SampleAPictureIntoTheRunByDefault) {
    EXPECT_EQ(printed({"sample", "--run", "gan", "--count", "5", "--seed", "9"}),
              "gan/samples/seed-9.png: 5 samples\n");
    EXPECT_EQ(read_grey_image(directory_ / "gan/samples/seed-9.png").shape(), (Shape{2 * 30 + 2, 3 * 30 + 2, 1}));
}

TEST_F(FinishedRuns, DrawWithTheAverageOfTheirWeightsWhereTheyHaveOneUnlessToldOtherwise) {
    const Tensor last = samples("2", "7");
    RunDirectory::open(directory_ / "gan").save_average(Dcgan(Random(6)).states());
    const Tensor average = samples("2", "7");
    EXPECT_FALSE(identical(average, last));
    for (const auto& [weights, images] : {std::pair("last", last), {"average", average}}) {
        printed({"sample", "--run", "gan", "--count", "2", "--seed", "7", "--weights", weights, "--npy", "y.npy"});
        EXPECT_TRUE(identical(read("y.npy"), images)) << weights;
    }
    EXPECT_EQ(refusal({"reconstruct", "--run", "coder", "--dataset", "digits", "--weights", "average"}),
              "66 error: coder/average.safetensors: cannot be read; got No such file or directory");
}

// ---- pictures of one's own ------------------------------------------------------------------------------------------

struct TrainingOnPictures : ProgramTest {
    TrainingOnPictures() {
        std::filesystem::create_directory(directory_ / "pets");
        for (std::uint64_t i = 0; i < 40; ++i) {
            const Index side = 50 + static_cast<Index>(i);
            write_png(directory_ / fmt::format("pets/{:02}.png", i), Random(i).uniform({side, 70, 3}));
        }
    }
    Outcome train(const std::string& model, const Words& more = {}) const {
        Words words = {"train",       model, "--dataset", "images:pets", "--image-size", "64",
                       "--channels",  "3",   "--width",   "4",           "--batch-size", "8",
                       "--max-steps", "2",   "--latent",  "10",          "--out",        model};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
};

TEST_F(TrainingOnPictures, RemembersTheSizesForReconstructAndSample) {
    for (const char* model : {"autoencoder", "dcgan"}) {
        const Outcome outcome = train(model);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_TRUE(outcome.err.starts_with("info: dataset: 40 images, 1 labels, 0 files skipped in pets\n"));
    }
    EXPECT_EQ(TrainedRun::open({directory_ / "dcgan"}).options.sizes.image_size, 64);
    printed({"sample", "--run", "dcgan", "--count", "1", "--png", "new.png"});
    EXPECT_EQ(read_image(directory_ / "new.png", 3).shape(), (Shape{68, 68, 3}));
    printed({"sample", "--run", "dcgan", "--count", "3", "--npy", "new.npy"});
    EXPECT_EQ(read("new.npy").shape(), (Shape{3, 64, 64, 3}));
    const Outcome again =
        run({"reconstruct", "--run", "autoencoder", "--dataset", "images:pets", "--count", "2", "--npy", "old.npy"});
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(read("old.npy").shape(), (Shape{2, 64, 64, 3}));
}

TEST_F(TrainingOnPictures, RefusesBadFilesByNameOrCountsThem) {
    std::ofstream(directory_ / "pets/07.png") << "text";
    const std::string fault = "pets/07.png: must be a PNG or JPEG image; got a file of another kind\n";
    const Outcome refused = train("autoencoder");
    EXPECT_EQ(refused.status, 65);
    EXPECT_EQ(refused.err, "error: " + fault);
    EXPECT_FALSE(std::filesystem::exists(directory_ / "autoencoder"));
    const Outcome skipped = train("autoencoder", {"--skip-bad"});
    EXPECT_EQ(skipped.status, 0) << skipped.err;
    const std::string begin =
        "warning: skipped: " + fault + "info: dataset: 39 images, 1 labels, 1 files skipped in pets\n";
    EXPECT_TRUE(skipped.err.starts_with(begin)) << skipped.err;
    EXPECT_EQ(refusal({"train", "dcgan", "--dataset", "images:none"}),
              "66 error: none: must be a folder of images; got no such directory");
}

TEST_F(TrainingOnPictures, RefusesDigitsOfAnotherSize) {
    EXPECT_EQ(refusal({"train", "dcgan", "--dataset", "digits", "--image-size", "64"}),
              "65 error: digits: images must be [64, 64, 1], as the model takes them; got [28, 28, 1]");
}

// ---- reconstruct ----------------------------------------------------------------------------------------------------

TEST_F(FinishedRuns, ReconstructWhatTheyAreGiven) {
    const Tensor images = Random(3).uniform({3, 28, 28, 1});
    write("in.npy", images);
    const std::string said = printed({"reconstruct", "--run", "coder", "--input", "in.npy", "--npy", "out.npy"});
    EXPECT_TRUE(said.starts_with("3 images: binary cross-entropy ")) << said;
    const Autoencoder model{Random(5)};
    expect_equal(read("out.npy"), sigmoid(model(images)), 1e-6);
}

TEST_F(FinishedRuns, ReconstructTestImagesOrOnePictureIntoAPicture) {
    const std::string said = printed({"reconstruct", "--run", "coder", "--dataset", "digits", "--count", "4"});
    EXPECT_TRUE(said.ends_with("coder/samples/reconstruct.png: originals above reconstructions\n")) << said;
    EXPECT_EQ(read_grey_image(directory_ / "coder/samples/reconstruct.png").shape(), (Shape{62, 4 * 30 + 2, 1}));
    write_png(directory_ / "digit.png", Tensor::full({28, 28, 1}, 0.5));
    printed({"reconstruct", "--run", "coder", "--input", "digit.png", "--png", "pair.png"});
    EXPECT_EQ(read_grey_image(directory_ / "pair.png").shape(), (Shape{62, 32, 1}));
}

}  // namespace
}  // namespace adjoint
