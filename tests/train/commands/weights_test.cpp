// What the commands make of weights without a run: adjoint's own, and a generator's as PyTorch has them.
#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "models/dcgan.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/npy.h"
#include "train/io/npz.h"
#include "train/io/safetensors.h"
#include "train/records/run_directory.h"

namespace adjoint {
namespace {

const std::string told = " --model dcgan --set width=2 latent=3";

class Weights : public ProgramTest {
  protected:
    // The generator's weights under the names of a torch.nn.Sequential that is called main.
    void SetUp() override {
        std::map<std::string, Tensor> theirs;
        std::map<std::string, Tensor> ours;
        for (const auto& [name, state] : model_.generator.states()) ours[name] = state.value();
        for (int level = 1; level <= 4; ++level) {
            const std::string number = std::to_string(level), main = "main.";
            theirs[main + std::to_string(3 * level - 3) + ".weight"] =
                transpose(ours.at("up" + number + ".weight"), {3, 2, 0, 1}).value();
            if (level == 4) break;
            const std::string norm = main + std::to_string(3 * level - 2) + ".";
            theirs[norm + "weight"] = ours.at("norm" + number + ".scale");
            theirs[norm + "bias"] = ours.at("norm" + number + ".shift");
            theirs[norm + "running_mean"] = ours.at("norm" + number + ".running_mean");
            theirs[norm + "running_var"] = ours.at("norm" + number + ".running_variance");
            theirs[norm + "num_batches_tracked"] = Tensor({}, {12});
        }
        write_npz(directory_ / "theirs.npz", theirs);
        theirs["main.3.weight"] = Tensor::zeros({8, 5, 3, 3});
        write_npz(directory_ / "other.npz", theirs);
    }

    const Dcgan model_{Random(3), {.latent = 3, .width = 2}};
};

TEST_F(Weights, OfPyTorchsGeneratorDrawWhatItDraws) {
    EXPECT_EQ(printed("sample --weights theirs.npz" + told + " --count 5 --npy drawn.npy --write-noise noise.npy"),
              "drawn.npy: float32 [5, 28, 28, 1]\nnoise.npy: float32 [5, 1, 1, 3]\n");
    const Variable noise = read_npy(directory_ / "noise.npy");
    expect_equal(read_npy(directory_ / "drawn.npy"), 0.5 * model_.generator(noise) + 0.5, 1e-6);
    EXPECT_EQ(printed("sample --weights theirs.npz" + told + " --count 5"), "seed-1.png: 5 samples\n");
}

TEST_F(Weights, AreListedAndWrittenAsTheModelHasThem) {
    const std::string list = printed("weights theirs.npz" + told + " --safetensors ours.safetensors");
    EXPECT_NE(list.find("generator.up2.weight              float32  [3, 3, 4, 8]  1152 bytes  from main.3.weight\n"),
              std::string::npos)
        << list;
    EXPECT_TRUE(list.ends_with("\nours.safetensors\n")) << list;
    const SafetensorsFile ours = read_safetensors(directory_ / "ours.safetensors");
    EXPECT_EQ(ours.metadata.at("adjoint.convention"), "adjoint");
    for (const auto& [name, state] : model_.generator.states())
        EXPECT_TRUE(identical(ours.tensors.at("generator." + name), state.value())) << name;
}

TEST_F(Weights, OfPyTorchBeginTraining) {
    const Outcome outcome = run(
        "train dcgan --dataset digits --width 2 --latent 3 --batch-size 8 --max-steps 1 --lr 1e-30 --init theirs.npz "
        "--out run");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("theirs.npz: took generator.up1.weight, generator.norm1.scale, "), std::string::npos)
        << outcome.err;
    EXPECT_NE(outcome.err.find("theirs.npz: has nothing for discriminator.down1.weight, "), std::string::npos)
        << outcome.err;
    const SafetensorsFile trained = read_safetensors(directory_ / "run/weights.safetensors");
    expect_equal(trained.tensors.at("generator.up3.weight"), model_.generator.states()[6].state.value(), 1e-6);

    // The file that a run leaves says itself what it is of.
    EXPECT_EQ(printed("sample --weights run/weights.safetensors --count 2"), "seed-1.png: 2 samples\n");
    EXPECT_EQ(printed("export --weights run/weights.safetensors --part generator --pytorch torch"),
              "torch: model.safetensors and model.py, with DcganGenerator\n");
    EXPECT_EQ(printed("export --weights torch/model.safetensors --part generator --onnx again.onnx"), "again.onnx\n");
}

TEST_F(Weights, ThatDoNotFitAreRefusedWithAllThatDiffers) {
    EXPECT_EQ(
        refusal("sample --weights other.npz" + told),
        "65 error: other.npz: does not fit the model; by the order of its layers, as generator: main.3.weight has "
        "shape [8, 5, 3, 3], needs [8, 4, 3, 3] for generator.up2.weight");
    EXPECT_EQ(refusal("sample --weights theirs.npz"),
              "65 error: theirs.npz: does not say of which model it is; --model must be autoencoder, vae, classifier, "
              "linear, dcgan, wgan-gp, rbm, super-resolution or unet");
    EXPECT_EQ(refusal("sample --model dcgan"), "2 error: --run is required");
    EXPECT_EQ(refusal("sample --weights theirs.npz --model dcgan --set widht=2"),
              "2 error: --set: must be settings of dcgan, such as width=32; got widht=2; did you mean width?");
    EXPECT_EQ(refusal("sample --weights theirs.npz --model dcgan --set width=none"),
              "2 error: --set: of dcgan; --width: must be a whole number from 1 to 4096; got none");
    RunDirectory::create(directory_ / "run", {.model = "dcgan"}, false);
    EXPECT_EQ(refusal("sample --run run --model dcgan"),
              "2 error: --run: has its own model and settings; got --model too");
    EXPECT_FALSE(std::filesystem::exists(directory_ / "seed-1.png"));
}

}  // namespace
}  // namespace adjoint
