// Truths about misspelt command lines: the first mistake is told, with the name that was probably meant.
#include "tests/support/environment.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/io/npz.h"

namespace adjoint {
namespace {

class Misspelt : public ProgramTest {
  protected:
    void expect_refused(const std::vector<std::pair<std::string, std::string>>& all) const {
        for (const auto& [words, said] : all) EXPECT_EQ(refusal(words), said) << words;
    }
};

TEST_F(Misspelt, CommandsGetTheNearestName) {
    expect_refused({
        {"trian", "2 error: adjoint trian: there is no such command; did you mean adjoint train?"},
        {"trian autoencoder --epochs 3",
         "2 error: adjoint trian: there is no such command; did you mean adjoint train?"},
        {"conv2d_transpose --input x.npy",
         "2 error: adjoint conv2d_transpose: there is no such command; did you mean adjoint conv2d-transpose?"},
        {"eval --run runs/first", "2 error: adjoint eval: there is no such command; did you mean adjoint evaluate?"},
        {"train autoencodr",
         "2 error: adjoint train autoencodr: there is no such command; did you mean adjoint train autoencoder?"},
        {"train perceptron",
         "2 error: adjoint train: must be followed by one of autoencoder, vae, classifier, linear, dcgan, wgan-gp, "
         "rbm, super-resolution, unet; got "
         "perceptron"},
        {"train -- perceptron",
         "2 error: adjoint train: must be followed by one of autoencoder, vae, classifier, linear, dcgan, wgan-gp, "
         "rbm, super-resolution, unet; got "
         "perceptron"},
    });
}

TEST_F(Misspelt, OptionsGetTheNearestName) {
    const std::string none = ": there is no such option; ";
    expect_refused({
        {"train autoencoder --epoch 3", "2 error: --epoch" + none + "did you mean --epochs?"},
        {"train autoencoder --epoch=3", "2 error: --epoch" + none + "did you mean --epochs?"},
        {"train autoencoder -epochs 3", "2 error: -epochs" + none + "did you mean --epochs?"},
        {"train autoencoder --batch_size 3", "2 error: --batch_size" + none + "did you mean --batch-size?"},
        {"train autoencoder --thread 2", "2 error: --thread" + none + "did you mean --threads?"},
        {"--thread 2 train autoencoder", "2 error: --thread" + none + "did you mean --threads?"},
        {"train classifier --noise 1", "2 error: --noise" + none + "adjoint train classifier --help lists all"},
        {"train autoencoder -x", "2 error: -x" + none + "adjoint train autoencoder --help lists all"},
        {"--epochs 3 train autoencoder", "2 error: --epochs: must follow adjoint train autoencoder"},
    });
}

TEST_F(Misspelt, ArgumentsAreToldOneByOneInTheOrderTyped) {
    const std::string none = ": there is no such option; ";
    expect_refused({
        {"train autoencoder --lrr 1 --epoch 3", "2 error: --lrr" + none + "did you mean --lr?"},
        {"train autoencoder --epoch 3 --lrr 1", "2 error: --epoch" + none + "did you mean --epochs?"},
        {"train autoencoder extra --epoch 3",
         "2 error: extra: there is no such argument; adjoint train autoencoder --help lists all"},
        {"train autoencoder -- extra",
         "2 error: extra: there is no such argument; adjoint train autoencoder --help lists all"},
        {"train autoencoder extra more",
         "2 error: extra: there is no such argument; adjoint train autoencoder --help lists all"},
    });
}

TEST_F(Misspelt, OptionsAreToldBeforeWhatIsMissingForThem) {
    expect_refused({
        {"sample --rum runs/first", "2 error: --rum: there is no such option; did you mean --run?"},
        {"interpolate --run runs/first --frames 5 --animat a.png",
         "2 error: --animat: there is no such option; did you mean --animate?"},
        {"interpolate --run runs/first --frames 5", "2 error: --frames requires --animate"},
        {"sample runs/first", "2 error: --run is required"},
    });
}

TEST_F(Misspelt, ChoicesGetTheNearestName) {
    expect_refused({
        {"train dcgan --schedule cosin",
         "2 error: --schedule: cosin not in {constant,linear,cosine,exponential,step,one-cycle}; did you mean cosine?"},
        {"train dcgan --schedule parabola",
         "2 error: --schedule: parabola not in {constant,linear,cosine,exponential,step,one-cycle}"},
        {"train dcgan --on-nan rolback", "2 error: --on-nan: rolback not in {stop,rollback}; did you mean rollback?"},
        {"bench --model gan",
         "2 error: --model: gan not in "
         "{autoencoder,dcgan,dcgan64,generator,generator64,generator128,wgan-gp,wgan,all}; did you mean wgan?"},
        {"summary dcgam",
         "2 error: model: dcgam not in {autoencoder,vae,classifier,linear,dcgan,wgan-gp,rbm,super-resolution,unet}; "
         "did you mean dcgan?"},
        {"bench --convolution refrence",
         "2 error: --convolution: refrence not in {direct,reference}; did you mean reference?"},
        {"conv2d --input 1 --weight 1 --convention torch",
         "2 error: --convention: torch not in {adjoint,pytorch,keras,tensorflow,onnx}; did you mean pytorch?"},
        {"conv2d --input 1 --weight 1 --dtype float",
         "2 error: --dtype: float not in {float32,float64}; did you mean float32?"},
        {"data get nmist", "2 error: dataset: must be mnist, fashion-mnist or kmnist; got nmist; did you mean mnist?"},
        {"gradcheck --layer conv2",
         "2 error: gradcheck: no operation, layer or model has this name; got conv2; did you mean conv2d?"},
        {"gradcheck --layer conv2d-transpose",
         "2 error: gradcheck: no operation, layer or model has this name; got conv2d-transpose; did you mean "
         "conv2d_transpose?"},
    });
}

TEST_F(Misspelt, SettingsOfAFileGetTheNearestName) {
    write_bytes(directory_ / "settings.toml", "batch_size = 64");
    expect_refused({{"train vae --config settings.toml",
                     "65 error: settings.toml: must hold options of vae; got batch_size; did you mean batch-size?"}});
    write_bytes(directory_ / "settings.toml", "noise = 0.1");
    expect_refused(
        {{"train vae --config settings.toml", "65 error: settings.toml: must hold options of vae; got noise"}});
}

TEST_F(Misspelt, ValuesAreToldByTheirOptions) {
    expect_refused({
        {"train autoencoder --lr", "2 error: --lr: must be followed by a value"},
        {"train autoencoder --lr 1 --lr", "2 error: --lr: must be followed by a value"},
        {"--threads", "2 error: --threads: must be followed by a value"},
        {"train autoencoder --out a --out b", "2 error: --out: must be given once; got a, b"},
        {"decode --run a x y", "2 error: latents: must be given once; got x, y"},
        {"compare a", "2 error: runs: must be at least 2; got a"},
        {"train autoencoder --force=maybe", "2 error: --force: must be true or false, if it has a value; got maybe"},
        {"gradcheck --no-bias=maybe", "2 error: --no-bias: must be true or false, if it has a value; got maybe"},
        {"summary linear --quiet=maybe", "2 error: --quiet: must be true or false, if it has a value; got maybe"},
    });
    const EnvironmentVariable flag("ADJOINT_SKIP_BAD", "maybe");
    expect_refused({{"train autoencoder",
                     "2 error: ADJOINT_SKIP_BAD: --skip-bad: must be true or false, if it has a value; got maybe"}});
}

TEST_F(Misspelt, ValuesOfASettingAreToldToo) {
    const auto make = [](const std::string& setting) {
        return "sample --weights w.npz --model dcgan --set " + setting;
    };
    write_npz(directory_ / "w.npz", {{"x", Tensor::zeros({1})}});
    expect_refused({
        {make("width"), "2 error: --set: of dcgan; --width: must be followed by a value"},
        {make("width= latent=2"), "2 error: --width: must not be empty"},
        {make("width=1 width=2"), "2 error: --set: of dcgan; --width: must be given once; got 1, 2"},
        {make("conditional=maybe"),
         "2 error: --set: of dcgan; --conditional: must be true or false, if it has a value; got maybe"},
    });
    write_bytes(directory_ / "settings.toml", "skip-bad = 'maybe'");
    expect_refused({{"train vae --config settings.toml",
                     "65 error: settings.toml: --skip-bad: must be true or false, if it has a value; got maybe"}});
}

TEST_F(Misspelt, AnEmptyTextIsNoValue) {
    const auto empty = [](const std::string& option) { return "2 error: " + option + ": must not be empty"; };
    for (const char* option : {"--resume", "--init", "--out", "--data-dir", "--config", "--freeze", "--lr", "--dataset",
                               "--recipe", "--validation", "--threads", "--image-size"}) {
        EXPECT_EQ(refusal({"train", "dcgan", option, ""}), empty(option));
        EXPECT_EQ(refusal({"train", "dcgan", option + std::string("="), "--epochs", "1"}), empty(option));
    }
    for (const CommandLine& line : std::vector<CommandLine>{{"conv2d", "--weight", "1", "--input", "1", "--out", ""},
                                                            {"predict", "--run", "r", "a.png", "--csv", ""},
                                                            {"gradcheck", "--layer", "conv2d", "--stride", ""},
                                                            {"digits", "--npy", "a.npy", "--png", ""},
                                                            {"sample", "--run", "r", "--noise", ""}}) {
        EXPECT_EQ(refusal(line), empty(line.end()[-2]));
    }
    EXPECT_EQ(refusal({"summary", ""}), empty("model"));
    EXPECT_EQ(refusal({"weights", ""}), empty("file"));
    EXPECT_EQ(refusal({"train", ""}).substr(0, 37), "2 error: adjoint train: must be follo");
    EXPECT_EQ(refusal({"bench", ""}), "2 error: \"\": there is no such argument; adjoint bench --help lists all");
    EXPECT_EQ(refusal("train dcgan --force="), empty("--force"));
}

TEST_F(Misspelt, AnEmptyTextIsNoAugmentationAndNoVariable) {
    write_digits(60);
    write_bytes(directory_ / "settings.toml", "augment = 'flip'\ninit = ''");
    const EnvironmentVariable unset("ADJOINT_INIT", "");
    CommandLine line = "train linear --dataset digits.npz --config settings.toml --epochs 1 --out run --batch-size 20";
    line.insert(line.end(), {"--augment", ""});
    EXPECT_EQ(run(line).status, 0);
    EXPECT_NE(content("run/config.toml").find("augment = ''"), std::string::npos) << content("run/config.toml");
}

TEST_F(Misspelt, NothingAtAllIsAnsweredWithTheHelp) {
    const Outcome nothing = run(CommandLine{});
    EXPECT_EQ(nothing.status, 2);
    EXPECT_EQ(nothing.err, "");
    EXPECT_EQ(nothing.out, printed("--help"));
    EXPECT_TRUE(nothing.out.starts_with("Trains image models")) << nothing.out;
}

}  // namespace
}  // namespace adjoint
