// Truths about graphs with channels first: computed node by node, in PyTorch's and ONNX's layouts, they give what the
// model gives, for any number of images.
#include "train/exchange/channels_first.h"

#include "framework/conventions/layouts.h"
#include "framework/conventions/onnx.h"
#include "framework/ops/batch_normalize.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/pooling.h"
#include "layers/lambda.h"
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/dcgan.h"
#include "models/unet.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Variable rectified(const Variable& x, double slope) { return Activation{slope}(x); }

// What a node makes of its inputs, with images [N, C, H, W].
Variable computed(const GraphNode& node, const Shape& shape, const std::vector<Variable>& in) {
    const std::string_view name = node.call.name;
    const auto bias = in.size() > 2 ? std::optional(in[2]) : std::nullopt;
    if (name == "conv2d") {
        onnx::ConvOptions options = onnx::conv_options(*node.call.option<Conv2DForm>("form"));
        options.B = bias;
        return rectified(onnx::conv(in[0], in[1], options), *node.call.option<double>("slope"));
    }
    if (name == "conv2d_input_gradient") {
        onnx::ConvTransposeOptions options = onnx::conv_transpose_options(*node.call.option<Conv2DForm>("form"));
        options.B = bias;
        return rectified(onnx::conv_transpose(in[0], in[1], options), *node.call.option<double>("slope"));
    }
    if (name == "normalize_by") {
        const auto& options = *node.call.option<BatchNormalizeOptions>("options");
        return nhwc_to_nchw(normalize_by(nchw_to_nhwc(in[0]), in[1], in[2], in[3], in[4], options));
    }
    if (name == "max_pool2d") return nhwc_to_nchw(max_pool2d(nchw_to_nhwc(in[0])).value);
    if (name == "transpose") return transpose(in[0], *node.call.option<std::vector<Index>>("axes"));
    if (name == "reshape") return reshape(in[0], shape);
    if (name == "concatenate") return concatenate(in, *node.call.option<Index>("axis"));
    if (name == "linear") return in.size() == 3 ? matmul(in[0], in[1]) + in[2] : matmul(in[0], in[1]);
    if (name == "add") return in[0] + in[1];
    if (name == "relu") return relu(in[0]);
    if (name == "tanh") return tanh(in[0]);
    throw Error(fmt::format("no rule for {}", name));
}

Variable run(const Graph& graph, const Variable& x) {
    std::vector<std::optional<Variable>> values(graph.values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        if (graph.value(i).constant) values[i] = *graph.value(i).constant;
    values[graph.input] = x;
    for (const GraphNode& node : graph.nodes) {
        std::vector<Variable> in;
        for (const std::size_t input : node.inputs) in.push_back(*values[input]);
        values[node.output] = computed(node, graph.value(node.output).shape, in);
    }
    return *values[graph.output];
}

void expect_same(const Module& model, const Shape& item) {
    const Graph graph = graph_of(
        model, [&](const Variable& x) { return model(x); }, item);
    Shape shape = item;
    shape.insert(shape.begin(), 5);
    const Variable x = Random(1).uniform(shape), y = model(x);
    const auto first = [](const Variable& v) { return v.rank() == 4 ? nhwc_to_nchw(v) : v; };
    expect_equal(run(channels_first(graph, /*channels_last_outside=*/false), first(x)), first(y), 1e-5);
    expect_equal(run(channels_first(graph, /*channels_last_outside=*/true), x), y, 1e-5);
}

TEST(ChannelsFirst, IsTheSameFunction) {
    expect_same(Autoencoder(Random(1)), {28, 28, 1});
    expect_same(Autoencoder(Random(1), {.latent = 8, .width = 4, .tied = true}), {28, 28, 1});
    expect_same(Classifier(Random(1)), {28, 28, 1});
    expect_same(UNet(Random(1), {.width = 4}), {16, 24, 1});
    expect_same(dcgan_generator(Random(1), dcgan_options), {1, 1, 100});
}

TEST(ChannelsFirst, TransposesOnlyWhereTheOrderOfElementsMatters) {
    const auto transpositions = [](const Module& model, const Shape& item) {
        const Graph graph = channels_first(graph_of(
                                               model, [&](const Variable& x) { return model(x); }, item),
                                           false);
        return std::ranges::count_if(graph.nodes, [](const GraphNode& node) { return node.call.name == "transpose"; });
    };
    EXPECT_EQ(transpositions(dcgan_generator(Random(1), dcgan_options), {1, 1, 100}), 0);
    EXPECT_EQ(transpositions(UNet(Random(1), {.width = 4}), {16, 16, 1}), 0);
    EXPECT_EQ(transpositions(Autoencoder(Random(1)), {28, 28, 1}), 0);  // matrices before and behind the code turn
    const Lambda rows([](const Variable& x) { return softplus(reshape(x, {x.extent(0), -1})); });
    EXPECT_EQ(transpositions(rows, {2, 3, 4}), 1);
    const Lambda columns([](const Variable& x) { return tanh(reshape(x, {x.extent(0), 2, 3, 4})); });
    EXPECT_EQ(transpositions(columns, {24}), 1);
}

}  // namespace
}  // namespace adjoint
