// `adjoint sample` draws of the noise that it is told, asks for the weights that it uses, and writes to pipes.
#include <fmt/ranges.h>

#include "framework/ops/shape_ops.h"
#include "models/dcgan.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/npz.h"
#include "train/io/weights_file.h"

namespace adjoint {
namespace {

class SampleCommand : public ProgramTest {
  protected:
    SampleCommand() { make_run("gan", "dcgan"); }

    /// The run's weights whose names begin so, in a file.
    void write_part(const std::string& beginning, const std::string& file) const {
        std::map<std::string, Tensor> part;
        for (const auto& [name, stored] : open_weights(directory_ / "gan/weights.safetensors").tensors) {
            if (name.starts_with(beginning)) part.emplace(name, stored.tensor());
        }
        write_npz(directory_ / file, part);
    }
};

TEST_F(SampleCommand, DrawsTheSameOfTheNoiseThatItWrote) {
    EXPECT_EQ(printed("sample --run gan --count 3 --seed 5 --npy x.npy --write-noise z.npy"),
              "x.npy: float32 [3, 28, 28, 1]\nz.npy: float32 [3, 1, 1, 100]\n");
    EXPECT_TRUE(identical(read("z.npy"), generator_noise(Random(5), 3)));
    EXPECT_EQ(printed("sample --run gan --noise z.npy --npy y.npy"), "y.npy: float32 [3, 28, 28, 1]\n");
    EXPECT_TRUE(identical(read("y.npy"), read("x.npy")));
    write("z.npy", read("z.npy").reshaped({3, 100}).cast(DType::float64));
    EXPECT_EQ(printed("sample --run gan --noise z.npy --npy y.npy --png y.png"),
              "y.png: 3 samples\ny.npy: float32 [3, 28, 28, 1]\n");
    EXPECT_TRUE(identical(read("y.npy"), read("x.npy")));
    EXPECT_EQ(printed("sample --run gan --noise z.npy"), "gan/samples/noise.png: 3 samples\n");
}

TEST_F(SampleCommand, DrawsTheClassThatItIsToldAndElseEachInTurn) {
    for (const std::string model : {"wgan-gp", "dcgan"}) {
        done("train " + model + " --conditional --dataset digits --width 4 --max-steps 5 --out told --force");
        printed("sample --run told --count 12 --class 7 --npy seven.npy");
        printed("sample --run told --count 12 --npy turn.npy");
        const Tensor seven = read("seven.npy"), turn = read("turn.npy");
        for (Index i = 0; i < 12; ++i) {
            const auto image = [i](const Tensor& x) { return slice(x, {.axis = 0, .begin = i, .end = i + 1}).value(); };
            EXPECT_EQ(identical(image(seven), image(turn)), i == 7) << model << " " << i;
        }
    }
    EXPECT_EQ(refusal("sample --run told --class 10"), "2 error: sample: --class must be from 0 to 9; got 10");
    EXPECT_EQ(refusal("sample --run gan --class 7"),
              "2 error: sample: --class is for a run that was trained with --conditional; got one without in gan");
    printed("interpolate --run told --rows 2 --steps 3 --png walk.png");
    EXPECT_EQ(run("summary --run told").status, 0);
}

TEST_F(SampleCommand, RefusesNoiseThatIsNone) {
    for (const Shape& shape : {Shape{100}, {0, 100}, {3, 99}, {3, 1, 100}}) {
        write("z.npy", Tensor::zeros(shape));
        EXPECT_EQ(
            refusal("sample --run gan --noise z.npy"),
            fmt::format("65 error: z.npy: noise must be [N, 100] or [N, 1, 1, 100]; got [{}]", fmt::join(shape, ", ")));
    }
    EXPECT_EQ(refusal("sample --run gan --noise z.npy --seed 2"), "2 error: --noise excludes --seed");
}

TEST_F(SampleCommand, NeedsTheGeneratorAlone) {
    write_part("generator.", "generator.npz");
    write_part("discriminator.", "discriminator.npz");
    printed("sample --run gan --count 2 --npy x.npy");
    printed("sample --run gan --weights generator.npz --count 2 --npy y.npy");
    EXPECT_TRUE(identical(read("y.npy"), read("x.npy")));
    const std::string refused = refusal("sample --run gan --weights discriminator.npz --count 2");
    EXPECT_TRUE(refused.starts_with("65 error: discriminator.npz: does not fit the model; missing generator."))
        << refused;
    EXPECT_EQ(refused.find("unknown"), refused.npos) << refused;
}

TEST_F(SampleCommand, WritesToAPipe) {
    printed("sample --run gan --count 2 --npy x.npy");
    for (const char* name : {"-", "/dev/stdout"}) {
        const Outcome outcome = done(std::string("sample --run gan --count 2 --npy ") + name);
        EXPECT_EQ(outcome.out, content("x.npy"));
        EXPECT_EQ(outcome.err, std::string(name) + ": float32 [2, 28, 28, 1]\n");
    }
}

TEST_F(SampleCommand, TellsThatAnotherToolHasChangedTheWeights) {
    const std::string file = "gan/weights.safetensors", whole = content(file);
    const std::size_t header = whole.find("\"__metadata__\""), end = whole.find("}}", header) + 1;
    const std::string metadata = whole.substr(header, end - header), begin = whole.substr(8, header - 9);
    // As other tools write it: the metadata first, and with a note in them.
    std::string text =
        "{\"__metadata__\":{\"note\":\"mine\"," + metadata.substr(metadata.find('{') + 1) + "," + begin.substr(1) + "}";
    const std::uint64_t length = *reinterpret_cast<const std::uint64_t*>(whole.data());
    write_bytes(directory_ / file, bytes<std::uint64_t>({text.size()}) + text + whole.substr(8 + length));
    EXPECT_EQ(done("sample --run gan --count 2 --npy x.npy").err,
              "warning: gan/weights.safetensors: was changed by another tool after adjoint had made its checksum\n");
}

}  // namespace
}  // namespace adjoint
