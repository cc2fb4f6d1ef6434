// What `adjoint export` writes of a run, and what it refuses.
#include <fstream>

#include "framework/ops/elementwise.h"
#include "models/autoencoder.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/npz.h"
#include "train/io/safetensors.h"
#include "train/records/run_directory.h"

namespace adjoint {
namespace {

class ExportCommand : public ProgramTest {
  protected:
    void SetUp() override {
        const RunDirectory run = RunDirectory::create(
            directory_ / "run", {.model = "autoencoder", .data = {.image_shape = {28, 28, 1}}}, false);
        run.save_weights(run.weights(), model_.weights());
    }

    const Autoencoder model_{Random(3)};
};

TEST_F(ExportCommand, WritesAModelItsPartsAndAnExample) {
    EXPECT_EQ(printed("export --run run --onnx whole.onnx --pytorch torch --keras keras --example example.npz"),
              "whole.onnx\n"
              "torch: model.safetensors and model.py, with Autoencoder\n"
              "keras: weights.npz and model.py, with Autoencoder\n"
              "example.npz\n");
    const auto example = read_npz(directory_ / "example.npz");
    const Variable x = example.at("input").reshaped({4, 28, 28, 1});  // of one channel: the same in both layouts
    expect_equal(example.at("output").reshaped({4, 28, 28, 1}), model_(x), 0.0);
    EXPECT_EQ(read_safetensors(directory_ / "torch/model.safetensors").metadata.at("adjoint.part"), "whole");

    EXPECT_EQ(printed("export --run run --part decoder --layout nhwc --example decoder.npz"), "decoder.npz\n");
    const auto decoded = read_npz(directory_ / "decoder.npz");
    expect_equal(decoded.at("output"), model_.decode(decoded.at("input")), 0.0);
}

TEST_F(ExportCommand, RefusesWhatThereIsNot) {
    EXPECT_EQ(refusal("export --run run"),
              "2 error: export: there must be a file to write; got none of --onnx, --pytorch, --keras and --example");
    EXPECT_EQ(refusal("export --run run --part critic --onnx a.onnx"),
              "2 error: export: --part must be whole, encoder or decoder; got critic");
    EXPECT_EQ(refusal("export --run nowhere --onnx a.onnx").substr(0, 2), "66");
    EXPECT_FALSE(std::filesystem::exists(directory_ / "a.onnx"));
    std::ofstream(directory_ / "file");
    EXPECT_EQ(refusal("export --run run --keras file/keras"),
              "73 error: file/keras: cannot be written; Not a directory");
}

}  // namespace
}  // namespace adjoint
