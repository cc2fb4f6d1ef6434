// Truths about misspelt command lines: the first mistake is told, with the name that was probably meant.
#include "tests/support/npy_files.h"
#include "tests/support/program.h"

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
        {"train autoencoder extra --epoch 3", "2 error: The following argument was not expected: extra"},
        {"train autoencoder -- extra", "2 error: The following argument was not expected: extra"},
        {"train autoencoder extra more", "2 error: The following argument was not expected: extra"},
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

TEST_F(Misspelt, NothingAtAllIsAnsweredWithTheHelp) {
    const Outcome nothing = run(CommandLine{});
    EXPECT_EQ(nothing.status, 2);
    EXPECT_EQ(nothing.err, "");
    EXPECT_EQ(nothing.out, printed("--help"));
    EXPECT_TRUE(nothing.out.starts_with("Trains image models")) << nothing.out;
}

}  // namespace
}  // namespace adjoint
