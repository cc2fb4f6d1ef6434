// Truths about weights from files: each format gives the same model, and a file that does not fit says all that differs
// and changes nothing.
#include "train/io/weights_file.h"

#include <algorithm>

#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/cli/commands.h"
#include "train/io/npy.h"
#include "train/io/npz.h"
#include "train/io/safetensors.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

using Tensors = std::map<std::string, Tensor>;

const Tensors example = {{"decoder.up1.weight", Tensor({1, 2, 3}, {1, 2, 3, 4, 5, 0.1})},
                         {"decoder.up1.bias", Tensor({3}, {7, 8, 9})},
                         {"steps", Tensor({}, {4})}};

States states_of(const Tensors& tensors, double factor = 1.0) {
    States states;
    for (const auto& [name, tensor] : tensors) {
        states.push_back({name, State(factor == 1.0 ? tensor : Tensor::full(tensor.shape(), factor, tensor.dtype()))});
    }
    return states;
}

class WeightsFile : public testing::Test {
  protected:
    /// The tensors in each format.
    std::vector<fs::path> written(const Tensors& tensors) const {
        write_safetensors(directory / "w.safetensors", {tensors.begin(), tensors.end()});
        write_npz(directory / "w.npz", tensors);
        fs::remove_all(directory / "w");
        fs::create_directory(directory / "w");
        for (const auto& [name, tensor] : tensors) write_npy(directory / "w" / (name + ".npy"), tensor);
        return {directory / "w.safetensors", directory / "w.npz", directory / "w"};
    }

    /// The message with which the states refuse what the files hold, without the file's name; none of them changes.
    std::string refusal(const Tensors& held, const States& states) const {
        std::string message;
        const std::vector<Variable> before = states;
        for (const fs::path& path : written(held)) {
            const std::string full = error_about<DataError>(path, [&] { load_weights(path, states); });
            const std::string start = "does not fit the model; ";
            EXPECT_TRUE(full.starts_with(start)) << full;
            message = full.substr(std::min(full.size(), start.size()));
            for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(states[i].state.variable().id(), before[i].id());
        }
        return message;
    }

    TemporaryDirectory directory;
};

TEST_F(WeightsFile, IsTheSameInEachFormat) {
    for (const fs::path& path : written(example)) {
        const Tensors tensors = read_weights(path);
        ASSERT_EQ(tensors.size(), example.size()) << path;
        for (const auto& [name, tensor] : example) EXPECT_TRUE(identical(tensors.at(name), tensor)) << path << name;
    }
}

TEST_F(WeightsFile, GivesAllStatesItsValues) {
    for (const fs::path& path : written(example)) {
        States states = states_of(example, -1.0);
        std::reverse(states.begin(), states.end());  // names count, not their order
        load_weights(path, states);
        for (const auto& [name, state] : states)
            EXPECT_TRUE(identical(state.value(), example.at(name))) << path << name;
    }
}

TEST_F(WeightsFile, LeavesStatesTheirElementType) {
    const States states = {{"x", State(doubles({2}, {0, 0}))}, {"y", State(Tensor::zeros({2}))}};
    for (const fs::path& path : written({{"x", Tensor({2}, {0.1, 3})}, {"y", doubles({2}, {0.1, 3})}})) {
        load_weights(path, states);
        EXPECT_TRUE(identical(states[0].state.value(), Tensor({2}, {0.1, 3}).cast(DType::float64))) << path;
        EXPECT_TRUE(identical(states[1].state.value(), Tensor({2}, {0.1, 3}))) << path;
    }
}

TEST_F(WeightsFile, PassesOverWhatTrainingKeepsBesideThem) {
    Tensors checkpoint = example;
    checkpoint["optimizer.step"] = Tensor();
    checkpoint["average.steps"] = Tensor({2}, {1, 1});
    for (const fs::path& path : written(checkpoint)) {
        const States states = states_of(example, -1.0);
        load_weights(path, states);
        EXPECT_TRUE(identical(states[2].state.value(), example.at("steps"))) << path;
    }
    checkpoint["optimizers"] = Tensor();
    checkpoint["my.average.x"] = Tensor({2}, {1, 1});
    EXPECT_EQ(refusal(checkpoint, states_of(example)), "unknown my.average.x [2], optimizers []");
}

TEST_F(WeightsFile, SaysAllThatDiffers) {
    const States states = {{"decoder.up1.weight", State(Tensor::zeros({3, 3, 32, 64}))},
                           {"decoder.out.bias", State(Tensor::zeros({1}))},
                           {"fits", State(Tensor::zeros({2}))}};
    const Tensor two = Tensor::zeros({2}), three = Tensor::zeros({3});
    EXPECT_EQ(refusal({{"foo", three}, {"decoder.out.bias", three}, {"fits", two}}, states),
              "missing decoder.up1.weight [3, 3, 32, 64]; unknown foo [3]; "
              "decoder.out.bias has shape [3], needs [1]");
    EXPECT_EQ(refusal({{"fits", two}}, states), "missing decoder.up1.weight [3, 3, 32, 64], decoder.out.bias [1]");
    EXPECT_EQ(refusal({{"fits", three}}, {{"fits", State(two)}}), "fits has shape [3], needs [2]");
    EXPECT_EQ(refusal({{"fits", Tensor::zeros({2, 1})}}, {{"fits", State(two)}}), "fits has shape [2, 1], needs [2]");
}

TEST_F(WeightsFile, NamesFiveOfAKindAndCountsTheRest) {
    const auto many = [](const std::string& name, int count, Index size) {
        Tensors tensors;
        for (int i = 0; i < count; ++i) tensors[name + std::to_string(i)] = Tensor::zeros({size});
        return tensors;
    };
    EXPECT_EQ(refusal(many("x", 5, 1), states_of(many("y", 6, 2))),
              "missing y0 [2], y1 [2], y2 [2], y3 [2], y4 [2] and 1 more; "
              "unknown x0 [1], x1 [1], x2 [1], x3 [1], x4 [1]");
    EXPECT_EQ(refusal(many("x", 7, 1), states_of(many("x", 7, 2))),
              "x0 has shape [1], needs [2], x1 has shape [1], needs [2], x2 has shape [1], needs [2], "
              "x3 has shape [1], needs [2], x4 has shape [1], needs [2] and 2 more");
}

TEST_F(WeightsFile, IsOneOfThreeKinds) {
    write_bytes(directory / "w.bin", "");
    fs::create_directory(directory / "empty");
    const auto refused = [&]<class E>(const std::string& name) {
        return error_about<E>(directory / name, [&] { read_weights(directory / name); });
    };
    EXPECT_EQ(refused.operator()<DataError>("w.bin"),
              "must be a .safetensors or .npz file or a directory of .npy files; got \".bin\"");
    EXPECT_EQ(refused.operator()<DataError>("empty"), "must be a directory of .npy files; it holds none");
    EXPECT_EQ(refused.operator()<MissingInput>("none"), "cannot be read; there is no such file");
}

TEST_F(WeightsFile, OfADirectoryAreItsNpyFilesOnly) {
    write_npy(directory / "a.b.npy", Tensor({1}, {5}));
    write_bytes(directory / "readme.txt", "text");
    const Tensors tensors = read_weights(directory.path());
    ASSERT_EQ(tensors.size(), 1u);
    EXPECT_EQ(tensors.at("a.b").item(), 5.0);
}

// ---- adjoint weights

TEST_F(WeightsFile, IsListedAndConverted) {
    Tensors tensors = example;
    tensors["steps"] = doubles({}, {4});
    for (const fs::path& path : written(tensors)) {
        CLI::App app;
        add_weights_command(app);
        testing::internal::CaptureStdout();
        app.parse(std::vector<std::string>{(directory / "out.npz").string(), "--npz", path.string(), "weights"});
        EXPECT_EQ(testing::internal::GetCapturedStdout(),
                  "decoder.up1.bias    float32  [3]\n"
                  "decoder.up1.weight  float32  [1, 2, 3]\n"
                  "steps               float64  []\n"
                  "3 tensors of 10 numbers\n" +
                      (directory / "out.npz").string() + "\n");
        for (const auto& [name, tensor] : tensors) {
            EXPECT_TRUE(identical(read_npz(directory / "out.npz").at(name), tensor)) << path << name;
        }
    }
}

}  // namespace
}  // namespace adjoint
