// Truths about refusals of train, sample and reconstruct: one line that says what to change, an exit status for
// scripts, and nothing harmed.
#include <cstdlib>
#include <fstream>

#include "models/autoencoder.h"
#include "models/dcgan.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

class TrainCommand : public ProgramTest {
  protected:
    /// A training that would be short, with more words.
    std::string refused(const Words& more, const std::string& model = "autoencoder") const {
        Words words = {"train", model, "--max-steps", "1"};
        words.insert(words.end(), more.begin(), more.end());
        const std::string message = refusal(words);
        EXPECT_FALSE(fs::exists(directory_ / "runs"));
        return message;
    }
    void make_run(const std::string& name, const std::string& model) const {
        const RunDirectory run = RunDirectory::create(directory_ / name, {.model = model}, false);
        run.save_weights(model == "dcgan" ? Dcgan(Random(1)).states() : Autoencoder(Random(1)).states());
    }
};

TEST_F(TrainCommand, RefusesModelsAndDatasetsThatItDoesNotKnow) {
    EXPECT_EQ(refusal({"train"}).substr(0, 9), "2 error: ");
    EXPECT_EQ(refusal({"train", "perceptron"}).substr(0, 9), "2 error: ");
    EXPECT_EQ(refused({"--dataset", "letters"}),
              "2 error: --dataset: must be auto, mnist, fashion-mnist, kmnist, digits or images:DIR; got letters");
}

TEST_F(TrainCommand, SaysWhichFilesAreMissingWhereMnistIsNotThere) {
    const std::string files = ": MNIST's four files (train-images-idx3-ubyte.gz and so on) must be there; got ";
    EXPECT_EQ(refused({"--dataset", "mnist", "--data-dir", "nowhere"}),
              "66 error: nowhere" + files + "no such directory");
    fs::create_directory(directory_ / "empty");
    EXPECT_EQ(refused({"--dataset", "mnist", "--data-dir", "empty"}, "dcgan"),
              "66 error: empty" + files + "a directory without them");
}

TEST_F(TrainCommand, RefusesNumbersThatMakeNoSense) {
    const std::vector<std::pair<std::string, Words>> wrong = {{"--epochs", {"0", "-1", "x", "1.5"}},
                                                              {"--batch-size", {"1", "0", "60001", "x"}},
                                                              {"--lr", {"-1", "0", "x", "nan", "inf"}},
                                                              {"--seed", {"-1", "x", "18446744073709551616"}},
                                                              {"--max-steps", {"-1", "x"}},
                                                              {"--schedule", {"parabola", ""}},
                                                              {"--warmup", {"-1", "x", "0.5"}},
                                                              {"--clip-norm", {"-1", "x", "nan", "inf"}},
                                                              {"--clip-value", {"-1", "x", "nan", "inf"}},
                                                              {"--ema", {"-0.1", "1", "x", "nan"}},
                                                              {"--threads", {"0", "-1", "x", "1025"}}};
    for (const char* model : {"autoencoder", "classifier", "dcgan", "wgan-gp"}) {
        for (const auto& [option, values] : wrong) {
            for (const std::string& value : values) {
                const std::string message = refused({option, value}, model);
                EXPECT_TRUE(message.starts_with("2 error: ") && message.find(option) != std::string::npos)
                    << option << " " << value << ": " << message;
            }
        }
    }
    EXPECT_EQ(refused({"--epochs", "0"}), "2 error: --epochs: must be a whole number from 1 to 1000000; got 0");
    EXPECT_EQ(refused({"--batch-size", "1"}), "2 error: --batch-size: must be a whole number from 2 to 60000; got 1");
}

TEST_F(TrainCommand, RefusesASchedulesThatAGameOfTwoLossesCannotFollow) {
    EXPECT_EQ(refused({"--schedule", "plateau"}, "dcgan"),
              "2 error: --schedule: plateau not in {constant,linear,cosine,exponential,step,one-cycle}");
}

TEST_F(TrainCommand, RefusesToFreezeWhatIsNotThereOrAll) {
    EXPECT_EQ(refused({"--dataset", "digits", "--freeze", "encodr"}),
              "2 error: Module::freeze: no parameter has this name or begins with it and a dot; got encodr");
    EXPECT_EQ(refused({"--dataset", "digits", "--freeze", "encoder", "--freeze", "decoder"}),
              "2 error: Optimizer: there must be a parameter to improve; got none");
}

TEST_F(TrainCommand, RefusesFirstWeightsThatAreNotThereOrAnotherModels) {
    make_run("gan", "dcgan");
    EXPECT_EQ(refused({"--dataset", "digits", "--init", "none"}),
              "66 error: none: is not the directory of a run; got no config.json in it");
    EXPECT_EQ(refused({"--dataset", "digits", "--init", "gan"}),
              "2 error: train autoencoder: the first weights must be of the same model; got a run of dcgan in gan");
}

TEST_F(TrainCommand, RefusesANumberOfThreadsFromTheEnvironmentThatIsNone) {
    ::setenv("ADJOINT_THREADS", "abc", 1);
    const std::string message = refused({});
    ::unsetenv("ADJOINT_THREADS");
    EXPECT_TRUE(message.starts_with("2 error: ")) << message;
    EXPECT_NE(message.find("abc"), std::string::npos) << message;
}

TEST_F(TrainCommand, RefusesPlacesWhereNoRunCanBe) {
    write_bytes(directory_ / "file", "in the way");
    EXPECT_EQ(refused({"--dataset", "digits", "--out", "file/run"}),
              "73 error: file/run: the directory cannot be made; got Not a directory");
}

TEST_F(TrainCommand, ReplacesARunOnlyByForce) {
    make_run("old", "dcgan");
    EXPECT_EQ(refused({"--dataset", "digits", "--out", "old"}),
              "73 error: old: holds a run already; choose another --out, or --force to replace it");
    EXPECT_EQ(RunDirectory::open(directory_ / "old").model(), "dcgan");
    EXPECT_TRUE(fs::exists(directory_ / "old/weights.safetensors"));
    const Outcome forced = run(
        {"train", "dcgan", "--dataset", "digits", "--max-steps", "1", "--batch-size", "2", "--out", "old", "--force"});
    EXPECT_EQ(forced.status, 0) << forced.err;
    EXPECT_EQ(TrainedRun::open({directory_ / "old"}).options.batch_size, 2);
}

// ---- sample and reconstruct -----------------------------------------------------------------------------------------

TEST_F(TrainCommand, ARunMustBeThereAndOfTheRightModel) {
    make_run("coder", "autoencoder");
    make_run("gan", "dcgan");
    EXPECT_EQ(refusal({"sample", "--run", "coder"}),
              "2 error: sample: only a vae, a dcgan or a wgan-gp draws new images; got a run of autoencoder in coder");
    EXPECT_EQ(refusal({"reconstruct", "--run", "gan"}),
              "2 error: reconstruct: only an autoencoder or a vae reconstructs; got a run of dcgan in gan");
    for (const char* command : {"sample", "reconstruct"}) {
        EXPECT_EQ(refusal({command}), "2 error: --run is required");
        EXPECT_EQ(refusal({command, "--run", "none"}),
                  "66 error: none: is not the directory of a run; got no config.json in it");
        EXPECT_EQ(refusal({command, "--run", "gan", "--count", "0"}).substr(0, 18), "2 error: --count: ");
    }
}

TEST_F(TrainCommand, DamagedRunsAreRefusedByTheNameOfTheFile) {
    make_run("gan", "dcgan");
    const fs::path weights = directory_ / "gan/weights.safetensors";
    fs::resize_file(weights, fs::file_size(weights) - 4);
    EXPECT_TRUE(refusal({"sample", "--run", "gan"}).starts_with("65 error: gan/weights.safetensors: "));
    fs::remove(weights);
    EXPECT_EQ(refusal({"sample", "--run", "gan"}),
              "66 error: gan/weights.safetensors: cannot be read; got No such file or directory");
    write_bytes(directory_ / "gan/config.json", "{");
    EXPECT_TRUE(refusal({"sample", "--run", "gan"})
                    .starts_with("65 error: gan/config.json: is not the configuration of a run; got "));
}

TEST_F(TrainCommand, ImagesToReconstructMustBeImagesOfDigits) {
    make_run("coder", "autoencoder");
    const auto input = [&](const std::string& file) {
        return refusal({"reconstruct", "--run", "coder", "--input", file});
    };
    write("small.npy", Tensor::zeros({2, 14, 14, 1}));
    EXPECT_EQ(input("small.npy"), "65 error: small.npy: images must be [N, 28, 28, 1]; got [2, 14, 14, 1]");
    write("none.npy", Tensor::zeros({0, 28, 28, 1}));
    EXPECT_EQ(input("none.npy"), "65 error: none.npy: images must be [N, 28, 28, 1]; got [0, 28, 28, 1]");
    write_bytes(directory_ / "text.png", "text");
    EXPECT_TRUE(input("text.png").starts_with("65 error: text.png: must be a PNG or JPEG image; got "));
    EXPECT_TRUE(input("nothing.png").starts_with("66 error: nothing.png: "));
    EXPECT_TRUE(input("nothing.npy").starts_with("66 error: nothing.npy: "));
}

TEST_F(TrainCommand, ResultsThatCannotBeWrittenAreSaidSo) {
    make_run("gan", "dcgan");
    for (const char* option : {"--png", "--npy"}) {
        EXPECT_EQ(refusal({"sample", "--run", "gan", "--count", "1", option, "gan/config.json/x"}),
                  "73 error: gan/config.json/x: cannot be written; Not a directory");
    }
}

}  // namespace
}  // namespace adjoint
