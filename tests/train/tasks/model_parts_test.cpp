// Truths about models that leave and come home: every task's weights, in every way that they are exported in.
#include "train/tasks/model_parts.h"

#include <algorithm>
#include <set>

#include "layers/analysis/graph.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/exchange/channels_first.h"
#include "train/exchange/keras_program.h"
#include "train/exchange/pytorch_program.h"
#include "train/io/npz.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

// Sizes at which a model is small.
TrainingOptions small(const TaskSpec& task) {
    TrainingOptions options = task.defaults;
    options.sizes.image_size = task.masked ? 32 : 28;
    options.sizes.channels = 1;
    if (task.settings.width) options.sizes.width = 4;
    if (task.settings.latent) options.sizes.latent = 6;
    return options;
}

// Gives every weight other numbers than it began with.
void fill(const Module& model) {
    std::uint64_t number = 0;
    for (const auto& [name, state] : model.weights()) state.assign(Random(7).stream(++number).normal(state.shape()));
}

// The weights that a graph has, by their names.
std::set<std::string> named_in(const Graph& graph) {
    std::set<std::string> names;
    for (const GraphNode& node : graph.nodes)
        for (const std::size_t input : node.inputs) names.insert(graph.value(input).name);
    names.erase("");
    return names;
}

// Expects a file that has been exported of a part to be read as the model's own weights, all that the part has.
void expect_home(const std::filesystem::path& file, const TaskSpec& task, const TrainingOptions& options,
                 const Module& model, const std::string& part, const std::set<std::string>& expected) {
    std::map<std::string, Tensor> own;
    for (const auto& [name, state] : model.weights()) own.emplace(name, state.value());
    const WeightsFile home = open_weights_of(task, options, file, "");
    std::set<std::string> found;
    for (const auto& [name, stored] : home.tensors) {
        if (!own.contains(name)) continue;  // matrices of interpolation and the like, which are no weights
        found.insert(name);
        EXPECT_TRUE(identical(stored.tensor(), own.at(name))) << task.name << " " << part << ": " << name;
    }
    EXPECT_TRUE(std::ranges::includes(found, expected)) << task.name << " " << part;
    EXPECT_FALSE(expected.empty()) << task.name << " " << part;
}

void expect_all_home(const TaskSpec& task, const TrainingOptions& options) {
    const TemporaryDirectory directory;
    const std::unique_ptr<Module> model = task.make_model(Random(1), options);
    fill(*model);
    for (const auto& [part, function, item, meaning] : parts_of(task, *model, options.sizes)) {
        const Graph graph = graph_of(*model, function, item);
        const NamedTensors pytorch = pytorch_program(channels_first(graph, false), "M", "").tensors;
        const NamedTensors keras = keras_program(graph, "M", "").tensors;
        for (const NamedTensors& tensors : {pytorch, keras}) {
            write_npz(directory / "w.npz", {tensors.begin(), tensors.end()});
            expect_home(directory / "w.npz", task, options, *model, part, named_in(graph));
        }
    }
}

TEST(ModelParts, LeaveAndComeHomeBitForBit) {
    for (const TaskSpec& task : tasks()) {
        expect_all_home(task, small(task));
        if (task.settings.upsampling) {
            TrainingOptions options = small(task);
            options.sizes.upsampling.kind = Upsampling::shuffle;
            expect_all_home(task, options);
        }
        if (task.settings.tied) {
            TrainingOptions options = small(task);
            options.sizes.tied = true;
            expect_all_home(task, options);
        }
    }
}

TEST(ModelParts, AreSaidInTheMetadataOfWeights) {
    const TaskSpec& task = *find_task("autoencoder");
    TrainingOptions options = small(task);
    options.settings = "epochs = 5\nwidth = 4\nlatent = 6\n";
    const std::unique_ptr<Module> model = task.make_model(Random(1), options);
    const auto metadata = model_metadata(task, options, {.classes = {"a\x1b", "b\"c"}}, *model);
    EXPECT_EQ(metadata.at("model"), "autoencoder");
    EXPECT_EQ(metadata.at("adjoint.settings"),
              "width = 4\nlatent = 6\nimage-size = 28\nchannels = 1\nclasses = [\"a\\u001b\",\"b\\\"c\"]\n");
    EXPECT_EQ(
        metadata.at("adjoint.part.encoder"),
        "images in 0..1, to codes\n"
        "x = conv2d(x, encoder.down1.weight, encoder.down1.bias), 3x3, stride 2, padding 1, then relu: [N, 14, 14, "
        "4]\n"
        "x = conv2d(x, encoder.down2.weight, encoder.down2.bias), 3x3, stride 2, padding 1, then relu: [N, 7, 7, "
        "8]\n"
        "x = reshape(x): [N, 392], rows before columns before channels\n"
        "x = linear(x, encoder.code.weight, encoder.code.bias): [N, 6]\n");
}

}  // namespace
}  // namespace adjoint
