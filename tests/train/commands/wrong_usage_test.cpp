// Truths about everything that can be typed wrongly: one line says what is wrong, where, and what was expected; the
// exit status says of which kind it is; and not a byte in the directory changes.
#include <fstream>
#include <map>

#include "models/autoencoder.h"
#include "models/dcgan.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/io/png.h"
#include "train/records/run_directory.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct Wrong {
    std::string words;  ///< of the command line, separated by spaces
    std::string refusal;
};

class WrongUsage : public ProgramTest {
  protected:
    WrongUsage() {
        RunDirectory::create(directory_ / "gan", {.model = "dcgan"}, false).save_weights(Dcgan(Random(1)).states());
        RunDirectory::create(directory_ / "coder", {.model = "autoencoder"}, false)
            .save_weights(Autoencoder(Random(1)).states());
        for (const char* folder : {"empty", "mixed", "few", "cache"}) fs::create_directory(directory_ / folder);
        for (const char* file : {"text.png", "mixed/a.png"}) write_bytes(directory_ / file, "text");
        for (int i = 0; i < 9; ++i) write_png(directory_ / fmt::format("few/{}.png", i), Tensor::zeros({28, 28, 1}));
        write_bytes(directory_ / "unknown.toml", "speed = 1");
        write_bytes(directory_ / "broken.toml", "lr = 0.1\n{");
        write_bytes(directory_ / "large.toml", "\n\nlr = 1e400");
        write_bytes(directory_ / "two.toml", "lr = [1, 2]");
        write_bytes(directory_ / "negative.toml", "lr = -1");
        write_bytes(directory_ / "short.npy", "\x93NUMPY");
    }
    /// Every file beneath the directory, with what it holds.
    std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
            std::ifstream stream(entry.path(), std::ios::binary);
            found[entry.path()] = entry.is_directory() ? "" : std::string(std::istreambuf_iterator<char>(stream), {});
        }
        return found;
    }
    void expect_refused(const std::vector<Wrong>& all) const {
        const auto before = files();
        for (const Wrong& wrong : all) {
            std::istringstream stream(wrong.words);
            const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
            EXPECT_EQ(refusal(words).substr(0, wrong.refusal.size()), wrong.refusal) << wrong.words;
            EXPECT_TRUE(files() == before) << wrong.words << ": files have changed";
        }
    }
};

TEST_F(WrongUsage, OfCommandsAndFlags) {
    expect_refused({
        {"", "2 error: adjoint: must be followed by one of train, "},
        {"trian", "2 error: adjoint: must be followed by one of train, "},
        {"train", "2 error: adjoint train: must be followed by one of autoencoder, "},
        {"train perceptron", "2 error: adjoint train: must be followed by one of autoencoder, "},
        {"data", "2 error: adjoint data: must be followed by one of get; got nothing"},
        {"train autoencoder extra", "2 error: The following argument was not expected: extra"},
        {"train autoencoder --lrr 1", "2 error: The following arguments were not expected: 1 --lrr"},
        {"train classifier --noise 1", "2 error: The following arguments were not expected: 1 --noise"},
        {"train autoencoder --lr", "2 error: --lr: 1 required"},
        {"train autoencoder --lr 1 --lr 2", "2 error: --lr: At Most 1 required but received 2"},
        {"train autoencoder --threads 0", "2 error: --threads: must be a whole number from 1 to 1024; got 0"},
        {"bench nothing", "2 error: The following argument was not expected: nothing"},
        {"summary perceptron", "2 error: model: perceptron not in "},
        {"data get cifar", "2 error: dataset: must be mnist, fashion-mnist or kmnist; got cifar"},
        {"gradcheck --layer no", "2 error: gradcheck: no operation, layer or model has this name; got no, known: "},
        {"report", "2 error: --run is required"},
        {"compare gan", "2 error: runs: At least 2 required but received 1"},
        {"digits", "2 error: digits: name a file to write with --png, --npy or --labels; got none"},
        {"conv2d-transpose", "2 error: --input is required"},
    });
}

TEST_F(WrongUsage, OfSettings) {
    expect_refused({
        {"train autoencoder --keep 0", "2 error: --keep: must be a whole number from 1 to 1000000; got 0"},
        {"train autoencoder --save-steps -1",
         "2 error: --save-steps: must be a whole number from 0 to 1000000000; got -1"},
        {"train autoencoder --save-minutes 0", "2 error: --save-minutes: must be a number above 0; got 0"},
        {"train autoencoder --on-nan ignore", "2 error: --on-nan: ignore not in {stop,rollback}"},
        {"train autoencoder --noise -1", "2 error: --noise: must be a number from 0 and below inf; got -1"},
        {"train autoencoder --image-size 29", "2 error: --image-size: 29 not in {28,32,64,128}"},
        {"train dcgan --channels 2", "2 error: --channels: 2 not in {1,3}"},
        {"train autoencoder --require x",
         "2 error: --require: must be a metric, <, <=, > or >=, and a number, such as "
         "test_mse<=0.0091; got x"},
        {"train autoencoder --dataset images:nowhere --require loss<1",
         "2 error: --require: the metric must be one of test_cross_entropy, test_mse; got loss"},
        {"train autoencoder --config none.toml", "66 error: none.toml: cannot be read; got no such file"},
        {"train autoencoder --config empty", "66 error: empty: cannot be read; got no such file"},
        {"train autoencoder --config unknown.toml",
         "65 error: unknown.toml: must hold options of autoencoder; got speed"},
        {"train autoencoder --config broken.toml", "65 error: broken.toml: must be TOML; got in line 2: "},
        {"train autoencoder --config large.toml", "65 error: large.toml: must be TOML; got in line 3: "},
        {"train autoencoder --config two.toml", "65 error: two.toml: --lr: At Most 1 required but received 2"},
        {"train autoencoder --config negative.toml", "65 error: negative.toml: --lr: must be a number above 0; got -1"},
        {"train autoencoder --dataset digits --freeze nothing",
         "2 error: Module::freeze: no parameter has this name or begins with it and a dot; got nothing"},
    });
}

TEST_F(WrongUsage, OfData) {
    expect_refused({
        {"train autoencoder --dataset images:nowhere",
         "66 error: nowhere: must be a folder of images; got no such directory"},
        {"train autoencoder --dataset images:empty", "66 error: empty: must hold PNG or JPEG images; got none"},
        {"train autoencoder --dataset images:text.png", "66 error: text.png: must be a folder of images; got a file"},
        {"train autoencoder --dataset images:mixed",
         "65 error: mixed/a.png: must be a PNG or JPEG image; got a file of another kind"},
        {"train autoencoder --dataset digits --image-size 64",
         "65 error: digits: images must be [64, 64, 1], as the model takes them; got [28, 28, 1]"},
        {"reconstruct --run coder --input short.npy", "65 error: short.npy: byte 6: "},
        {"reconstruct --run coder --input none.jpg",
         "66 error: none.jpg: cannot be read; got No such file or directory"},
    });
}

TEST_F(WrongUsage, OfRuns) {
    expect_refused({
        {"train autoencoder --dataset digits --out gan",
         "73 error: gan: holds a run already; choose another --out, or --force to replace it"},
        {"train autoencoder --dataset digits --out empty/.. --force",
         "73 error: empty/..: must be a new directory, an empty one, or a run to replace; got one with other files"},
        {"train dcgan --dataset images:few --batch-size 64 --out gan --force --quiet",
         "2 error: Batches: dataset has not one batch of 64 images; got 8 images"},
        {"train autoencoder --dataset digits --out text.png",
         "73 error: text.png: the directory cannot be made; got Not a directory"},
        {"train autoencoder --dataset digits --init gan",
         "2 error: train autoencoder: the first weights must be of the same model; got a run of dcgan in gan"},
        {"train autoencoder --resume gan", "65 error: gan: must be a run of autoencoder; got one of dcgan"},
        {"train dcgan --resume nowhere", "66 error: nowhere: is not the directory of a run; got no config.json in it"},
        {"train dcgan --resume gan --force",
         "2 error: --resume: has the settings and the place of its run; got --force too"},
        {"sample --run coder", "2 error: sample: only "},
        {"sample --run gan --weights average",
         "66 error: gan/average.safetensors: cannot be read; got No such file or directory"},
        {"sample --run gan --count 1 --png none/x.png",
         "73 error: none/x.png: cannot be written; No such file or directory"},
        {"evaluate --run gan",
         "2 error: evaluate: --classifier must name a run whose classifier looks at what a dcgan draws; got none"},
        {"evaluate --run gan --classifier coder",
         "2 error: evaluate: --classifier must be a run of a classifier; got one of autoencoder in coder"},
        {"interpolate --run coder --rows 0", "2 error: --rows: must be a whole number from 1 to 1000; got 0"},
    });
}

}  // namespace
}  // namespace adjoint
