// Truths about weights from files: each format gives the same model, and a file that does not fit says all that differs
// and changes nothing.
#include "train/io/weights_file.h"

#include <algorithm>

#include "layers/dropout.h"
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

Tensors read(const fs::path& path) {
    Tensors tensors;
    for (const auto& [name, stored] : open_weights(path).tensors) tensors.emplace(name, stored.tensor());
    return tensors;
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
        const Tensors tensors = read(path);
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

TEST_F(WeightsFile, NamesFiftyOfAKindAndCountsTheRest) {
    const auto many = [](const std::string& name, int count, Index size) {
        Tensors tensors;
        for (int i = 10; i < 10 + count; ++i) tensors[name + std::to_string(i)] = Tensor::zeros({size});
        return tensors;
    };
    const auto listed = [](const std::string& name, const std::string& fact) {
        std::string list = name + "10" + fact;
        for (int i = 11; i < 60; ++i) list += ", " + name + std::to_string(i) + fact;
        return list;
    };
    EXPECT_EQ(refusal(many("x", 50, 1), states_of(many("y", 51, 2))),
              "missing " + listed("y", " [2]") + " and 1 more; unknown " + listed("x", " [1]"));
    EXPECT_EQ(refusal(many("x", 52, 1), states_of(many("x", 52, 2))),
              listed("x", " has shape [1], needs [2]") + " and 2 more");
}

TEST_F(WeightsFile, IsOneOfThreeKinds) {
    write_bytes(directory / "w.bin", "");
    fs::create_directory(directory / "empty");
    const auto refused = [&]<class E>(const std::string& name) {
        return error_about<E>(directory / name, [&] { open_weights(directory / name); });
    };
    EXPECT_EQ(refused.operator()<DataError>("w.bin"),
              "must be a .safetensors or .npz file or a directory of .npy files; got \".bin\"");
    EXPECT_EQ(refused.operator()<DataError>("empty"), "must be a directory of .npy files; it holds none");
    EXPECT_EQ(refused.operator()<MissingInput>("none"), "cannot be read; there is no such file");
}

TEST_F(WeightsFile, OfADirectoryAreItsNpyFilesOnly) {
    write_npy(directory / "a.b.npy", Tensor({1}, {5}));
    write_bytes(directory / "readme.txt", "text");
    write_bytes(directory / "._a.b.npy", "a note of a file manager");
    const Tensors tensors = read(directory.path());
    ASSERT_EQ(tensors.size(), 1u);
    EXPECT_EQ(tensors.at("a.b").item(), 5.0);
}

// ---- parts of a model

TEST_F(WeightsFile, NeedNotHaveWhatNobodyUses) {
    const Tensor two({2}, {1, 2});
    const States states = states_of({{"a", two}, {"b", two}, {"c", two}}, -1.0);
    for (const fs::path& path : written({{"a", two}, {"c", two}})) {
        const LoadedWeights loaded = load_weights(open_weights(path), states, {states[0]});
        EXPECT_EQ(loaded.taken, (std::vector<std::string>{"a", "c"}));
        EXPECT_EQ(loaded.left, (std::vector<std::string>{"b"}));
        EXPECT_TRUE(identical(states[2].state.value(), two));
        EXPECT_EQ(states[1].state.value()[0], -1);
        EXPECT_EQ(error_about<DataError>(path,
                                         [&] {
                                             load_weights(open_weights(path), states, {states[0], states[1]});
                                         }),
                  "does not fit the model; missing b [2]");
    }
    for (const fs::path& path : written({{"a", two}, {"x", two}})) {
        EXPECT_EQ(error_about<DataError>(path, [&] { load_weights(open_weights(path), states, {states[0]}); }),
                  "does not fit the model; unknown x [2]");
    }
}

TEST_F(WeightsFile, GivesWhatFits) {
    const Tensor two({2}, {1, 2}), three = Tensor::zeros({3});
    const States states = states_of({{"a", two}, {"b", two}}, -1.0);
    for (const fs::path& path : written({{"b", two}, {"optimizer.m.b", two}, {"x", three}})) {
        const LoadedWeights loaded = load_fitting_weights(open_weights(path), states);
        EXPECT_EQ(loaded.taken, (std::vector<std::string>{"b"}));
        EXPECT_EQ(loaded.left, (std::vector<std::string>{"a"}));
        EXPECT_EQ(loaded.unused, (std::vector<std::string>{"x"}));
        EXPECT_TRUE(identical(states[1].state.value(), two));
        EXPECT_EQ(states[0].state.value()[0], -1);
    }
    const auto refusal_of = [&](const Tensors& held) {
        const fs::path path = written(held)[0];
        return error_about<DataError>(path, [&] { load_fitting_weights(open_weights(path), states); });
    };
    EXPECT_EQ(refusal_of({{"a", three}, {"b", two}}), "does not fit the model; a has shape [3], needs [2]");
    EXPECT_EQ(refusal_of({{"x", three}}), "does not fit the model; missing a [2], b [2]; unknown x [3]");
}

TEST_F(WeightsFile, NeedNotHaveCounters) {
    const Dropout layer(0.5, Random(1));
    layer.steps.assign(doubles({}, {4}));
    const States states = {{"x", State(Tensor())}, {"steps", layer.steps}};
    for (const fs::path& path : written({{"x", Tensor({}, {7})}})) {
        EXPECT_EQ(load_weights(path, states).left, std::vector<std::string>{});
        EXPECT_EQ(states[0].state.value().item(), 7);
        EXPECT_EQ(layer.steps.value().item(), 4);
    }
    for (const fs::path& path : written({{"x", Tensor({}, {7})}, {"steps", doubles({}, {5})}})) {
        layer.steps.assign(doubles({}, {4}));
        load_weights(path, states);
        EXPECT_EQ(layer.steps.value().item(), 5) << "as in files of version 0.1";
    }
}

// ---- arrays that no model has

TEST_F(WeightsFile, MayHoldTextBesideItsWeights) {
    const std::string text = npy(described("<U5", "(1,)"), std::string(20, 'x'));
    pack_npz(directory / "w.npz", {{"x", npy_of(Tensor({1}, {5}))}, {"labels", text}});
    const fs::path path = directory / "w.npz";
    const State x(Tensor::zeros({1})), labels(Tensor::zeros({1}));
    load_weights(path, {{"x", x}});
    EXPECT_EQ(x.value()[0], 5);
    x.assign(Tensor::zeros({1}));
    EXPECT_EQ(error_about<DataError>(path,
                                     [&] {
                                         load_weights(path, {{"x", x}, {"labels", labels}});
                                     }),
              "labels.npy: byte 20: expected elements that are f2, f4, f8, integers or booleans, read \"<U5\"");
    EXPECT_EQ(x.value()[0], 0);
}

// ---- adjoint weights

class WeightsCommand : public WeightsFile {
  protected:
    static std::string printed(std::vector<std::string> words) {
        CLI::App app;
        add_weights_command(app);
        std::reverse(words.begin(), words.end());
        words.emplace_back("weights");
        testing::internal::CaptureStdout();
        try {
            app.parse(words);
        } catch (...) {
            testing::internal::GetCapturedStdout();
            throw;
        }
        return testing::internal::GetCapturedStdout();
    }
    const std::string out = directory / "out.npz";
};

TEST_F(WeightsCommand, ListsAndConverts) {
    Tensors tensors = example;
    tensors["steps"] = doubles({}, {4});
    for (const fs::path& path : written(tensors)) {
        EXPECT_EQ(printed({path.string(), "--npz", out}),
                  "decoder.up1.bias    float32  [3]        12 bytes\n"
                  "decoder.up1.weight  float32  [1, 2, 3]  24 bytes\n"
                  "steps               float64  []         8 bytes\n"
                  "3 tensors of 10 numbers, 44 bytes\n" +
                      out + "\n");
        for (const auto& [name, tensor] : tensors) {
            EXPECT_TRUE(identical(read_npz(out).at(name), tensor)) << path << name;
        }
    }
}

TEST_F(WeightsCommand, KeepsTheTypesThatAFileHas) {
    const std::string header =
        R"({"a":{"dtype":"F8_E4M3","shape":[1,2],"data_offsets":[0,2]},"b":{"dtype":"I64","shape":[1],"data_offsets":[2,10]}})";
    const std::string large = bytes<std::int64_t>({(1LL << 53) + 1}), path = directory / "w.safetensors";
    write_bytes(path, bytes<std::uint64_t>({header.size()}) + header + "xy" + large);
    EXPECT_EQ(printed({path}),
              "a  F8_E4M3  [1, 2]  2 bytes\n"
              "b  int64    [1]     8 bytes\n"
              "2 tensors of 3 numbers, 10 bytes\n");
    EXPECT_EQ(error_about<DataError>(path,
                                     [&] {
                                         printed({path, "--npz", out});
                                     }),
              "a: must have a type that NumPy has; got F8_E4M3");
    EXPECT_FALSE(fs::exists(out));
    const std::string b = R"({"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})";
    write_bytes(path, bytes<std::uint64_t>({b.size()}) + b + large);
    printed({path, "--npz", out});
    const std::string npy = open_npz(out).at("b").npy();
    EXPECT_EQ(npy.substr(npy.size() - 8), large);
    EXPECT_NE(npy.find("'<i8'"), npy.npos);
}

TEST_F(WeightsCommand, PassesOverWhatHoldsNoNumbers) {
    const std::string path = directory / "w.npz";
    pack_npz(path, {{"x", npy_of(Tensor({1}, {5}))}, {"labels", npy(described("<U5", "(1,)"), std::string(20, 'x'))}});
    EXPECT_EQ(printed({path, "--npz", out}),
              "x  float32  [1]  4 bytes\n1 tensors of 1 numbers, 4 bytes\n"
              "passed over: labels  <U5\n" +
                  out + "\n");
    EXPECT_EQ(open_npz(out).size(), 1u);
}

TEST_F(WeightsCommand, ReadsNoMoreThanTheHeader) {
    const std::string header = R"({"x":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}})";
    const std::string path = directory / "w.safetensors";
    write_bytes(path, bytes<std::uint64_t>({header.size()}) + header);
    fs::resize_file(path, 8 + header.size() + (std::uintmax_t{1} << 40));  // a hole of a tebibyte
    EXPECT_EQ(printed({path}),
              "x  uint8  [1099511627776]  1099511627776 bytes\n"
              "1 tensors of 1099511627776 numbers, 1099511627776 bytes\n");
}

}  // namespace
}  // namespace adjoint
