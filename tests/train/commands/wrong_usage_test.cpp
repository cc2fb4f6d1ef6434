// Truths about everything that can be typed wrongly: one line says what is wrong, where, and what was expected; the
// exit status says of which kind it is; and not a byte in the directory changes.
#include <sys/stat.h>

#include "tests/support/environment.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

class WrongUsage : public ProgramTest {
  protected:
    WrongUsage() {
        make_run("gan", "dcgan");
        make_run("coder", "autoencoder");
        make_run("judge", "classifier");
        for (const char* folder : {"empty", "mixed", "few", "cache"}) fs::create_directory(directory_ / folder);
        for (const char* file : {"text.png", "mixed/a.png"}) write_bytes(directory_ / file, "text");
        for (int i = 0; i < 9; ++i) write_png(directory_ / fmt::format("few/{}.png", i), Tensor::zeros({28, 28, 1}));
        write_bytes(directory_ / "unknown.toml", "speed = 1");
        write_bytes(directory_ / "broken.toml", "lr = 0.1\n{");
        write_bytes(directory_ / "large.toml", "\n\nlr = 1e400");
        write_bytes(directory_ / "two.toml", "lr = [1, 2]");
        write_bytes(directory_ / "negative.toml", "lr = -1");
        write_bytes(directory_ / "short.npy", "\x93NUMPY");
        write("two.npy", Tensor::zeros({2, 14, 14, 1}));
        write("blank.npy", Tensor::zeros({0, 28, 28, 1}));
        write_png(directory_ / "digit.png", Tensor::zeros({28, 28, 1}));
    }
};

TEST_F(WrongUsage, OfCommandsAndFlags) {
    expect_refused({
        {"teach", "2 error: adjoint: must be followed by one of train, "},
        {"trian", "2 error: adjoint trian: there is no such command; did you mean adjoint train?"},
        {"train", "2 error: adjoint train: must be followed by one of autoencoder, "},
        {"train perceptron", "2 error: adjoint train: must be followed by one of autoencoder, "},
        {"data", "2 error: adjoint data: must be followed by one of get; got nothing"},
        {"train autoencoder extra",
         "2 error: extra: there is no such argument; adjoint train autoencoder --help lists all"},
        {"train autoencoder --lrr 1", "2 error: --lrr: there is no such option; did you mean --lr?"},
        {"train classifier --noise 1", "2 error: --noise: there is no such option; adjoint train classifier --help "},
        {"train autoencoder --lr", "2 error: --lr: must be followed by a value"},
        {"train autoencoder --lr 1 --lr 2", "2 error: --lr: must be given once; got 1, 2"},
        {"train autoencoder --threads 0", "2 error: --threads: must be a whole number from 1 to 1024; got 0"},
        {"bench nothing", "2 error: nothing: there is no such argument; adjoint bench --help lists all"},
        {"bench --model gan",
         "2 error: --model: gan not in "
         "{autoencoder,dcgan,dcgan64,generator,generator64,generator128,wgan-gp,wgan,all}"},
        {"bench --batch-size 0", "2 error: --batch-size: must be a whole number from 1 to 100000; got 0"},
        {"summary", "2 error: summary: must be of a MODEL or of a --run; got neither"},
        {"summary perceptron",
         "2 error: model: perceptron not in "
         "{autoencoder,vae,classifier,linear,dcgan,wgan-gp,rbm,super-resolution,unet}"},
        {"data get cifar", "2 error: dataset: must be mnist, fashion-mnist or kmnist; got cifar"},
        {"gradcheck --layer no", "2 error: gradcheck: no operation, layer or model has this name; got no, known: "},
        {"report", "2 error: --run is required"},
        {"sample", "2 error: --run is required"},
        {"sample --run gan --count 0", "2 error: --count: "},
        {"reconstruct", "2 error: --run is required"},
        {"reconstruct --run coder --count 0", "2 error: --count: "},
        {"deconvnet --run judge", "2 error: --image is required"},
        {"deconvnet --run judge --image digit.png --top 0", "2 error: --top: "},
        {"interpolate --run coder --rows 0", "2 error: --rows: must be a whole number from 1 to 1000; got 0"},
        {"interpolate --run coder --steps 1", "2 error: --steps: "},
        {"interpolate --run coder --animate a.png --png b.png", "2 error: --png excludes --animate"},
        {"interpolate --run coder --animate a.png --steps 5", "2 error: --steps excludes --animate"},
        {"interpolate --run coder --frames 5", "2 error: --frames requires --animate"},
        {"interpolate --run coder --animate a.png --frames 1",
         "2 error: --frames: must be a whole number from 2 to 1000; got 1"},
        {"interpolate --run coder --animate a.png --frame-ms 0",
         "2 error: --frame-ms: must be a whole number from 1 to 65535; got 0"},
        {"compare gan", "2 error: runs: must be at least 2; got gan"},
        {"digits", "2 error: digits: name a file to write with --png, --npy or --labels; got none"},
        {"conv2d-transpose", "2 error: --input is required"},
    });
}

TEST_F(WrongUsage, OfSettings) {
    expect_refused({
        {"train autoencoder --epochs 0", "2 error: --epochs: must be a whole number from 1 to 1000000; got 0"},
        {"train autoencoder --batch-size 1", "2 error: --batch-size: must be a whole number from 2 to 60000; got 1"},
        {"train dcgan --schedule plateau",
         "2 error: --schedule: plateau not in {constant,linear,cosine,exponential,step,one-cycle}"},
        {"train autoencoder --keep 0", "2 error: --keep: must be a whole number from 1 to 1000000; got 0"},
        {"train autoencoder --save-steps -1",
         "2 error: --save-steps: must be a whole number from 0 to 1000000000; got -1"},
        {"train autoencoder --save-minutes 0", "2 error: --save-minutes: must be a number above 0; got 0"},
        {"train autoencoder --on-nan ignore", "2 error: --on-nan: ignore not in {stop,rollback}"},
        {"train autoencoder --noise -1", "2 error: --noise: must be a number of at least 0; got -1"},
        {"train autoencoder --image-size 29", "2 error: --image-size: must be auto or one of 28, 32, 64, 128; got 29"},
        {"train dcgan --channels 2", "2 error: --channels: must be auto or one of 1, 3; got 2"},
        {"train autoencoder --require x",
         "2 error: --require: must be a metric, <, <=, > or >=, and a number, such as "
         "test_mse<=0.0091; got x"},
        {"train autoencoder --dataset images:nowhere --require loss<1",
         "2 error: --require: the metric must be one of validation_cross_entropy, validation_mse, "
         "validation_checkerboard_share, test_cross_entropy, test_mse, test_checkerboard_share; got loss"},
        {"train autoencoder --require test_mes<1",
         "2 error: --require: the metric must be one of validation_cross_entropy, validation_mse, "
         "validation_checkerboard_share, test_cross_entropy, test_mse, test_checkerboard_share; got test_mes; did you "
         "mean test_mse?"},
        {"train dcgan --dataset digits --schedule one-cycle --warmup 5",
         "2 error: --warmup: must be 0 with --schedule one-cycle, which rises by itself; got 5"},
        {"train dcgan --dataset mnits",
         "2 error: --dataset: must be auto, mnist, fashion-mnist, kmnist, digits, scenes, images:DIR or an .npy or "
         ".npz file; "
         "got "
         "mnits; did you mean mnist?"},
        {"train autoencoder --config none.toml", "66 error: none.toml: cannot be read; got No such file or directory"},
        {"train autoencoder --config empty", "66 error: empty: must be a file; got a directory"},
        {"train autoencoder --config unknown.toml",
         "65 error: unknown.toml: must hold options of autoencoder; got speed; did you mean seed?"},
        {"train autoencoder --config broken.toml", "65 error: broken.toml: must be TOML; got in line 2: "},
        {"train autoencoder --config large.toml", "65 error: large.toml: must be TOML; got in line 3: "},
        {"train autoencoder --config two.toml", "65 error: two.toml: --lr: must be given once; got 1, 2"},
        {"train autoencoder --config negative.toml", "65 error: negative.toml: --lr: must be a number above 0; got -1"},
        {"train autoencoder --dataset digits --freeze nothing",
         "2 error: Module::freeze: no parameter has this name or begins with it and a dot; got nothing, known: "
         "encoder, "},
        {"train autoencoder --dataset digits --freeze encoder --freeze decoder",
         "2 error: Optimizer: there must be a parameter to improve; got none"},
    });
}

TEST_F(WrongUsage, OfVariablesThatNothingReads) {
    const EnvironmentVariable misspelt("ADJOINT_BATCHSIZE", "8"), ours("ADJOINT_DATA_DIR", "/"),
        others("ADJOINT_HAMSTER", "1");
    EXPECT_EQ(done("summary linear").err,
              "warning: ADJOINT_BATCHSIZE: is not read; did you mean ADJOINT_BATCH_SIZE?\n");
}

TEST_F(WrongUsage, OfVariablesThatSetASetting) {
    const EnvironmentVariable variable("ADJOINT_BATCH_SIZE", "abc");
    const std::string fact = "--batch-size: must be a whole number from 2 to 60000; got ";
    expect_refused({{"train autoencoder", "2 error: ADJOINT_BATCH_SIZE: " + fact + "abc"},
                    {"train autoencoder --batch-sizes 1", "2 error: ADJOINT_BATCH_SIZE: " + fact + "abc"},
                    {"train autoencoder --batch-size 1", "2 error: " + fact + "1"},
                    {"train autoencoder --batch-size=1", "2 error: " + fact + "1"}});
}

TEST_F(WrongUsage, OfNumbersThatMakeNoSense) {
    for (const char* model : {"autoencoder", "classifier", "dcgan", "wgan-gp"}) {
        for (const auto& [option, values] : {std::pair("--epochs", "0 -1 x 1.5"),
                                             {"--batch-size", "1 0 60001 x"},
                                             {"--lr", "-1 0 x nan inf"},
                                             {"--seed", "-1 x 18446744073709551616"},
                                             {"--max-steps", "-1 x"},
                                             {"--schedule", "parabola"},
                                             {"--warmup", "-1 x 0.5"},
                                             {"--clip-norm", "-1 x nan inf"},
                                             {"--clip-value", "-1 x nan inf"},
                                             {"--ema", "-0.1 1 x nan"},
                                             {"--threads", "0 -1 x 1025"}}) {
            for (const std::string& value : words(values)) {
                const std::string message = refusal({"train", model, option, value});
                EXPECT_TRUE(message.starts_with("2 error: ") && message.find(option) != std::string::npos)
                    << option << " " << value << ": " << message;
            }
        }
    }
    EXPECT_TRUE(refusal({"train", "autoencoder", "--schedule", ""}).starts_with("2 error: "));
    EXPECT_FALSE(fs::exists(directory_ / "runs"));
}

TEST_F(WrongUsage, OfTheEnvironment) {
    const EnvironmentVariable threads("ADJOINT_THREADS", "abc");
    const std::string message = refusal("train autoencoder");
    EXPECT_TRUE(message.starts_with("2 error: ") && message.find("abc") != std::string::npos) << message;
}

TEST_F(WrongUsage, OfData) {
    const std::string mnist = ": MNIST's four files (train-images-idx3-ubyte.gz and so on) must be there; got ";
    expect_refused({
        {"train autoencoder --dataset letters",
         "2 error: --dataset: must be auto, mnist, fashion-mnist, kmnist, digits, scenes, images:DIR or an .npy or "
         ".npz file; "
         "got letters"},
        {"train autoencoder --dataset mnist --data-dir nowhere", "66 error: nowhere" + mnist + "no such directory"},
        {"train dcgan --dataset mnist --data-dir empty", "66 error: empty" + mnist + "a directory without them"},
        {"train autoencoder --dataset images:nowhere",
         "66 error: nowhere: must be a folder of images; got no such directory"},
        {"train autoencoder --dataset images:empty", "66 error: empty: must hold PNG or JPEG images; got none"},
        {"train autoencoder --dataset images:text.png", "66 error: text.png: must be a folder of images; got a file"},
        {"train autoencoder --dataset images:mixed",
         "65 error: mixed/a.png: must be a PNG or JPEG image; got a file of another kind"},
        {"train autoencoder --dataset digits --image-size 64",
         "65 error: digits: images must be [64, 64, 1], as the model takes them; got [28, 28, 1]"},
        {"reconstruct --run coder --input short.npy", "65 error: short.npy: byte 6: "},
        {"reconstruct --run coder --input blank.npy",
         "65 error: blank.npy: images must be [N, H, W, 1 or 3], [N, H, W] or one of such; got [0, 28, 28, 1]"},
        {"reconstruct --run coder --input text.png", "65 error: text.png: must be a PNG or JPEG image; got "},
        {"reconstruct --run coder --input none.npy", "66 error: none.npy: "},
        {"deconvnet --run judge --image none.png", "66 error: none.png"},
        {"deconvnet --run judge --image two.npy", "2 error: deconvnet: --image must be one image; got 2"},
        {"reconstruct --run coder --input none.jpg",
         "66 error: none.jpg: cannot be read; got No such file or directory"},
    });
}

TEST_F(WrongUsage, OfAFifoAsAFile) {
    for (const char* name : {"fifo", "fifo.npy", "fifo.npz"}) {
        ASSERT_EQ(::mkfifo((directory_ / name).c_str(), 0600), 0);
    }
    const std::string fault = "fifo: must be a file; got a FIFO";
    EXPECT_EQ(refusal("reconstruct --run coder --input fifo"), "66 error: " + fault);
    EXPECT_EQ(refusal("deconvnet --run judge --image fifo"), "66 error: " + fault);
    EXPECT_EQ(refusal("train autoencoder --config fifo"), "66 error: " + fault);
    EXPECT_EQ(refusal("reconstruct --run coder --input fifo.npy"), "66 error: fifo.npy: must be a file; got a FIFO");
    EXPECT_EQ(refusal("reconstruct --run coder --weights fifo.npz"), "66 error: fifo.npz: must be a file; got a FIFO");
}

TEST_F(WrongUsage, OfRuns) {
    expect_refused({
        {"train autoencoder --dataset digits --out gan",
         "73 error: gan: holds a run already; choose another --out, or --force to replace it"},
        {"train autoencoder --dataset digits --out empty/.. --force",
         "73 error: empty/..: must be a new directory, an empty one, or a run to replace; got one with other files"},
        {"train dcgan --dataset images:few --batch-size 64 --out gan --force --quiet",
         "2 error: --batch-size: must be at most the number of training images, 7 of images in few; got 64"},
        {"train autoencoder --dataset digits --out text.png",
         "73 error: text.png: the directory cannot be made; got Not a directory"},
        {"train autoencoder --dataset digits --out text.png/run",
         "73 error: text.png/run: the directory cannot be made; got Not a directory"},
        {"train autoencoder --dataset digits --init nowhere",
         "66 error: nowhere: is not the directory of a run; got no config.json in it"},
        {"train autoencoder --dataset digits --init gan",
         "2 error: train autoencoder: the first weights must be of the same model; got a run of dcgan in gan"},
        {"train autoencoder --resume gan", "65 error: gan: must be a run of autoencoder; got one of dcgan"},
        {"train dcgan --resume nowhere", "66 error: nowhere: is not the directory of a run; got no config.json in it"},
        {"train dcgan --resume gan --force",
         "2 error: --resume: has the settings and the place of its run; got --force too"},
        {"sample --run coder",
         "2 error: sample: only a vae, a dcgan or a wgan-gp draws new images; got a run of autoencoder in coder"},
        {"reconstruct --run gan",
         "2 error: reconstruct: only an autoencoder or a vae reconstructs; got a run of dcgan in gan"},
        {"interpolate --run judge", "2 error: interpolate: a classifier draws nothing; got its run in judge"},
        {"deconvnet --run judge --image digit.png --layer conv3",
         "2 error: deconvnet: --layer must be one of conv1, conv2; got conv3"},
        {"sample --run gan --weights average",
         "66 error: gan/average.safetensors: cannot be read; got No such file or directory"},
        {"sample --run gan --count 1 --png none/x.png",
         "73 error: none/x.png: cannot be written; No such file or directory"},
        {"sample --run gan --count 1 --npy text.png/x", "73 error: text.png/x: cannot be written; Not a directory"},
        {"evaluate --run gan",
         "2 error: evaluate: --classifier must name a run whose classifier looks at what a dcgan draws; got none"},
        {"evaluate --run gan --classifier coder",
         "2 error: evaluate: --classifier must be a run of a classifier; got one of autoencoder in coder"},
    });
    for (const char* command : {"sample", "reconstruct", "evaluate", "interpolate", "deconvnet --image digit.png"}) {
        expect_refused({{command + std::string(" --run nowhere"),
                         "66 error: nowhere: is not the directory of a run; got no config.json in it"}});
    }
}

TEST_F(WrongUsage, OfDamagedRuns) {
    const fs::path weights = directory_ / "gan/weights.safetensors";
    fs::resize_file(weights, fs::file_size(weights) - 4);
    expect_refused({{"sample --run gan", "65 error: gan/weights.safetensors: "}});
    fs::remove(weights);
    expect_refused(
        {{"sample --run gan", "66 error: gan/weights.safetensors: cannot be read; got No such file or directory"}});
    write_bytes(directory_ / "gan/config.json", "{");
    expect_refused({{"sample --run gan", "65 error: gan/config.json: is not the configuration of a run: "}});
}

}  // namespace
}  // namespace adjoint
