// Truths about training and its runs, told through the program: the same weights for any number of threads, the files
// that a run leaves, and what `sample` and `reconstruct` make of them.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "framework/ops/elementwise.h"
#include "framework/tensor/gemm.h"
#include "models/autoencoder.h"
#include "models/dcgan.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/npz.h"
#include "train/io/png.h"
#include "train/io/safetensors.h"
#include "train/io/weights_file.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

class Training : public ProgramTest {
  protected:
    /// Trains for a few steps on drawn digits, and returns the bytes of the weights.
    std::string weights(const std::string& model, int steps, int threads, int seed = 1) const {
        const std::string out = fmt::format("{}-{}-{}", model, threads, seed);
        const Outcome outcome =
            done(fmt::format("train {} --dataset digits --max-steps {} --batch-size 32 --threads {} --seed {} --out {}",
                             model, steps, threads, seed, out));
        const std::string begin =
            fmt::format("info: {} threads, {} kernels of OpenBLAS, seed {}\n", threads, gemm_kernels(), seed);
        EXPECT_TRUE(outcome.err.starts_with(begin)) << outcome.err;  // and progress, where it takes longer
        return content(out + "/weights.safetensors");
    }
    /// So many steps give the same weights for any number of threads; the run's configuration says what was asked for,
    /// its numbers are finite, and its picture has 8 rows of so many columns.
    void expect_same_weights(const std::string& model, int steps, const std::string& metrics, Index columns) const {
        const std::string one = weights(model, steps, 1);
        for (const int threads : {2, 3, 8}) EXPECT_TRUE(weights(model, steps, threads) == one) << threads << " threads";
        const std::string out = model + "-3-1";
        const TrainedRun run = TrainedRun::open({directory_ / out});
        EXPECT_EQ(run.task.name, model);
        EXPECT_EQ(run.data.name, "digits");
        EXPECT_EQ(run.options.batch_size, 32);
        EXPECT_EQ(run.options.seed, 1u);
        const auto line = last_metrics(out);
        EXPECT_EQ(line.at("epoch"), 1);
        for (const std::string& name : words(metrics)) EXPECT_TRUE(line.at(name).is_number()) << name;
        EXPECT_EQ(read_image(directory_ / (out + "/samples/epoch-001.png"), 1).shape(),
                  (Shape{8 * (28 + 2) + 2, columns * (28 + 2) + 2, 1}));
    }
};

// ---- train ----------------------------------------------------------------------------------------------------------

TEST_F(Training, GivesTheAutoencoderTheSameWeightsForAnyNumberOfThreads) {
    expect_same_weights("autoencoder", 6, "test_cross_entropy test_mse", 16);
    Autoencoder model{Random(0)};
    EXPECT_NO_THROW(load_weights(directory_ / "autoencoder-1-1/weights.safetensors", model.states()));
}

TEST_F(Training, GivesTheDcganTheSameWeightsForAnyNumberOfThreads) {
    expect_same_weights("dcgan", 3, "test_discriminator_loss test_generator_loss", 12);
    EXPECT_FALSE(weights("dcgan", 3, 1, 2) == content("dcgan-1-1/weights.safetensors")) << "another seed";
}

TEST_F(Training, GivesTheClassifierTheSameWeightsForAnyNumberOfThreads) {
    expect_same_weights("classifier", 3, "test_cross_entropy test_accuracy", 12);
}

TEST_F(Training, GivesTheWganGpTheSameWeightsForAnyNumberOfThreads) {
    // The fifth step is followed by one of the generator.
    expect_same_weights("wgan-gp", 5, "test_distance test_penalty test_gradient_norm test_generator_loss", 12);
    EXPECT_FALSE(weights("wgan-gp", 4, 4) == content("wgan-gp-1-1/weights.safetensors"));
}

TEST_F(Training, ReplacesARunByForce) {
    make_run("old", "dcgan");
    done("train dcgan --dataset digits --max-steps 1 --batch-size 2 --out old --force");
    EXPECT_EQ(TrainedRun::open({directory_ / "old"}).options.batch_size, 2);
}

// ---- refinements ----------------------------------------------------------------------------------------------------

class Refined : public Training {
  protected:
    Refined() { write_digits(600); }
    using States = std::map<std::string, Tensor>;
    States states(const std::string& file) const { return read_safetensors(directory_ / file).tensors; }
    /// The weights after three steps on drawn digits with more options, unless these say how many.
    States trained(const std::string& out, const std::string& more = "",
                   const std::string& model = "autoencoder") const {
        const std::string steps = more.find("--max-steps") == std::string::npos ? " --max-steps 3 " : " ";
        done("train " + model + " --dataset digits.npz --batch-size 8 --out " + out + steps + more);
        return states(out + "/weights.safetensors");
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
    const States first = trained("first");
    EXPECT_EQ(changed(trained("tuned", "--init first --freeze encoder --freeze decoder.up1.weight"), first),
              "decoder.expand.bias decoder.expand.weight decoder.up1.bias decoder.up2.bias decoder.up2.weight "
              "decoder.up3.bias decoder.up3.weight ");
    const States gan = trained("gan", "", "dcgan");
    const std::string names = changed(trained("tuned-gan", "--init gan --freeze discriminator.norm2", "dcgan"), gan);
    EXPECT_EQ(names.find("discriminator.norm2"), std::string::npos) << names;
    EXPECT_NE(names.find("discriminator.norm3.running_mean"), std::string::npos) << names;
}

TEST_F(Refined, RunsBeginWithThePartsOfAModelThatAFileHas) {
    const States first = trained("first");
    std::map<std::string, Tensor> encoder = {{"head.weight", Tensor({1}, {5})}};
    for (const auto& [name, tensor] : first) {
        if (name.starts_with("encoder.")) encoder.emplace(name, tensor);
    }
    write_npz(directory_ / "encoder.npz", encoder);
    const std::string line =
        "train autoencoder --dataset digits.npz --batch-size 8 --max-steps 1 --freeze encoder --out tuned";
    const Outcome outcome = done(line + " --init encoder.npz");
    for (const char* said : {": encoder.npz: took encoder.down1.weight, encoder.down1.bias, ",
                             ": encoder.npz: has nothing for decoder.expand.weight, decoder.expand.bias, ",
                             ": encoder.npz: left head.weight\n"}) {
        EXPECT_NE(outcome.err.find(said), std::string::npos) << outcome.err;
    }
    const States tuned = states("tuned/weights.safetensors");
    for (const auto& [name, tensor] : encoder) {
        EXPECT_TRUE(name == "head.weight" || identical(tuned.at(name), tensor)) << name;
    }
    write_npz(directory_ / "other.npz", {{"head.weight", Tensor({1}, {5})}});
    const std::string refused = run(line + " --force --init other.npz").err;
    EXPECT_TRUE(refused.starts_with("error: other.npz: does not fit the model; missing encoder.")) << refused;
}

TEST_F(Refined, RunsOfAClassifierCountTheirStepsInCheckpointsAlone) {
    const States weights = trained("judge", "", "classifier");
    EXPECT_FALSE(weights.contains("dropout.steps"));
    EXPECT_EQ(states("judge/checkpoints/step-000000003.safetensors").at("dropout.steps").item(), 3);
    const Outcome outcome =
        done("train classifier --dataset digits --batch-size 8 --max-steps 1 --out tuned --init judge --freeze conv1");
    EXPECT_EQ(outcome.err.find("judge/weights.safetensors"), std::string::npos) << outcome.err;
    EXPECT_TRUE(identical(states("tuned/weights.safetensors").at("conv1.weight"), weights.at("conv1.weight")));
}

TEST_F(Refined, RunsSaveTheAverageOfTheirWeightsBesideTheLast) {
    const States one = trained("one", "--ema 0.9 --max-steps 1"), last = trained("three", "--ema 0.9");
    EXPECT_EQ(changed(states("one/average.safetensors"), one), "");
    EXPECT_FALSE(changed(states("three/average.safetensors"), last).empty());
    EXPECT_EQ(changed(last, trained("plain")), "") << "averaging changed the training";
    EXPECT_FALSE(fs::exists(directory_ / "plain/average.safetensors"));
}

// Three steps take moments from 1 to 0.9³ and a little; those of the average are of its weights alone.
TEST_F(Refined, RunsGiveTheAverageOfTheirWeightsMomentsOfItsOwn) {
    const States last = trained("gan", "--ema 0.9", "dcgan"), average = states("gan/average.safetensors");
    for (const char* name : {"generator.norm1.running_variance", "generator.norm3.running_variance"}) {
        EXPECT_GT(last.at(name)[0], 0.7);
        EXPECT_LT(average.at(name)[0], 0.2);
    }
}

TEST_F(Refined, RunsTakeOtherStepsWithEachOption) {
    const States plain = trained("plain", "--schedule constant");
    int number = 0;
    for (const char* options : {"--schedule cosine", "--schedule one-cycle", "--schedule constant --warmup 2",
                                "--schedule constant --clip-norm 1e-6", "--schedule constant --clip-value 1e-5"}) {
        EXPECT_FALSE(changed(trained(fmt::format("other-{}", ++number), options), plain).empty()) << options;
    }
    EXPECT_EQ(changed(trained("same", "--schedule plateau --clip-norm 1e9 --clip-value 1e9"), plain), "");
}

// ---- sample ---------------------------------------------------------------------------------------------------------

/// Runs whose networks have their first, random weights: those cost nothing.
class FinishedRuns : public Training {
  protected:
    FinishedRuns() {
        make_run("gan", "dcgan");
        make_run("coder", "autoencoder");
    }
    Tensor samples(int count, int seed, const std::string& more = "") const {
        EXPECT_EQ(printed(fmt::format("sample --run gan --count {} --seed {} --npy x.npy {}", count, seed, more)),
                  fmt::format("x.npy: float32 [{}, 28, 28, 1]\n", count));
        return read("x.npy");
    }
};

TEST_F(FinishedRuns, SampleImagesInZeroToOneThatAreAFunctionOfTheSeed) {
    const Tensor images = samples(3, 7);
    ASSERT_EQ(images.shape(), (Shape{3, 28, 28, 1}));
    EXPECT_EQ(images.dtype(), DType::float32);
    for (const double value : images.to_vector()) EXPECT_TRUE(0 <= value && value <= 1) << value;
    EXPECT_TRUE(identical(samples(3, 7), images));
    EXPECT_FALSE(identical(samples(3, 8), images));
    const Tensor noise = Random(7).normal({3, 1, 1, dcgan_noise});
    expect_equal(images, (Dcgan(Random(1))(noise) + 1.0) / 2.0, 1e-6);
}

TEST_F(FinishedRuns, SampleWithTheGeneratorOfAWassersteinGame) {
    const WganGp model{Random(1)};
    make_run("wgan-gp");
    printed("sample --run wgan-gp --count 3 --seed 7 --npy x.npy");
    expect_equal(read("x.npy"), (model(generator_noise(Random(7), 3)) + 1.0) / 2.0, 1e-6);
}

TEST_F(FinishedRuns, SampleEachImageWhateverTheirNumber) {
    const Tensor many = samples(252, 7), few = samples(3, 7);  // 250 are drawn at once
    for (Index i = 0; i < few.size(); ++i) ASSERT_NEAR(many[i], few[i], 1e-6) << "pixel " << i;
    bool differ = false;
    for (Index i = 0; i < 28 * 28; ++i) differ = differ || std::abs(many[250 * 28 * 28 + i] - many[i]) > 1e-6;
    EXPECT_TRUE(differ) << "image 250 is image 0 again";
}

TEST_F(FinishedRuns, SampleAPictureIntoTheRunByDefault) {
    EXPECT_EQ(printed("sample --run gan --count 5 --seed 9"), "gan/samples/seed-9.png: 5 samples\n");
    EXPECT_EQ(read_image(directory_ / "gan/samples/seed-9.png", 1).shape(), (Shape{2 * 30 + 2, 3 * 30 + 2, 1}));
}

TEST_F(FinishedRuns, DrawWithTheAverageOfTheirWeightsWhereTheyHaveOneUnlessToldOtherwise) {
    const Tensor last = samples(2, 7);
    const RunDirectory gan = RunDirectory::open(directory_ / "gan");
    gan.save_weights(gan.average(), Dcgan(Random(6)).states());
    const Tensor average = samples(2, 7);
    EXPECT_FALSE(identical(average, last));
    for (const auto& [weights, images] : {std::pair("last", last), {"average", average}}) {
        EXPECT_TRUE(identical(samples(2, 7, std::string("--weights ") + weights), images)) << weights;
    }
}

// ---- pictures of one's own ------------------------------------------------------------------------------------------

struct TrainingOnPictures : ProgramTest {
    TrainingOnPictures() {
        fs::create_directory(directory_ / "pets");
        for (std::uint64_t i = 0; i < 40; ++i) {
            const Index side = 50 + static_cast<Index>(i);
            write_png(directory_ / fmt::format("pets/{:02}.png", i), Random(i).uniform({side, 70, 3}));
        }
    }
    static std::string train(const std::string& model) {
        return "train " + model + " --dataset images:pets --image-size 64 --channels 3 --width 4 --batch-size 8 " +
               "--max-steps 2 --latent 10 --out " + model;
    }
};

TEST_F(TrainingOnPictures, RemembersTheSizesForReconstructAndSample) {
    for (const char* model : {"autoencoder", "dcgan"}) {
        const Outcome outcome = done(train(model));
        EXPECT_TRUE(outcome.err.starts_with(
            "info: pets: 40 images, 1 classes, 50–89 pixels, as 64 × 64 RGB, cut to the square in the middle; 0 files "
            "skipped, 0 of other kinds\n"));
    }
    EXPECT_EQ(TrainedRun::open({directory_ / "dcgan"}).options.sizes.image_size, 64);
    printed("sample --run dcgan --count 1 --png new.png");
    EXPECT_EQ(read_image(directory_ / "new.png", 3).shape(), (Shape{68, 68, 3}));
    printed("sample --run dcgan --count 3 --npy new.npy");
    EXPECT_EQ(read("new.npy").shape(), (Shape{3, 64, 64, 3}));
    done("reconstruct --run autoencoder --dataset images:pets --count 2 --npy old.npy");
    EXPECT_EQ(read("old.npy").shape(), (Shape{2, 64, 64, 3}));
}

TEST_F(TrainingOnPictures, RefusesBadFilesByNameOrCountsThem) {
    std::ofstream(directory_ / "pets/07.png") << "text";
    const std::string fault = "pets/07.png: must be a PNG or JPEG image; got a file of another kind";
    EXPECT_EQ(refusal(train("autoencoder")), "65 error: " + fault);
    EXPECT_FALSE(fs::exists(directory_ / "autoencoder"));
    const Outcome skipped = done(train("autoencoder") + " --skip-bad");
    const std::string begin =
        "warning: skipped: " + fault +
        "\ninfo: pets: 39 images, 1 classes, 50–89 pixels, as 64 × 64 RGB, cut to the square in the middle; 1 files "
        "skipped, 0 of other kinds\n";
    EXPECT_TRUE(skipped.err.starts_with(begin)) << skipped.err;
}

TEST_F(TrainingOnPictures, NamesWhatIsNoFileAndCountsFilesOfOtherKinds) {
    ASSERT_EQ(::mkfifo((directory_ / "pets/fifo.png").c_str(), 0600), 0);
    fs::create_symlink("gone", directory_ / "pets/link");
    std::ofstream(directory_ / "pets/notes.txt") << "text";
    const std::string err = done(train("autoencoder")).err;
    EXPECT_TRUE(err.starts_with(
        "warning: skipped: pets/fifo.png: must be a file; got a FIFO\n"
        "warning: skipped: pets/link: must be a file or a folder; got a link to gone: No such "
        "file or directory\n"
        "info: pets: 40 images, 1 classes, 50–89 pixels, as 64 × 64 RGB, cut to the square in the middle; "
        "2 files skipped, 1 of other kinds\n"))
        << err;
}

// ---- reconstruct ----------------------------------------------------------------------------------------------------

TEST_F(FinishedRuns, ReconstructWhatTheyAreGiven) {
    const Tensor images = Random(3).uniform({3, 28, 28, 1});
    write("in.npy", images);
    const std::string said = printed("reconstruct --run coder --input in.npy --npy out.npy");
    EXPECT_TRUE(said.starts_with("3 images: binary cross-entropy ")) << said;
    const Autoencoder model{Random(1)};
    expect_equal(read("out.npy"), sigmoid(model(images)), 1e-6);
}

TEST_F(FinishedRuns, ReconstructTestImagesOrOnePictureIntoAPicture) {
    const std::string said = printed("reconstruct --run coder --dataset digits --count 4");
    EXPECT_TRUE(said.ends_with("coder/samples/reconstruct.png: originals above reconstructions\n")) << said;
    EXPECT_EQ(read_image(directory_ / "coder/samples/reconstruct.png", 1).shape(), (Shape{62, 4 * 30 + 2, 1}));
    write_png(directory_ / "digit.png", Tensor::full({28, 28, 1}, 0.5));
    printed("reconstruct --run coder --input digit.png --png pair.png");
    EXPECT_EQ(read_image(directory_ / "pair.png", 1).shape(), (Shape{62, 32, 1}));
}

}  // namespace
}  // namespace adjoint
