// Truths about graphs: what a function does is in them, for any number of items, and nothing else is.
#include "layers/analysis/graph.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
#include "tests/support/expectations.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

std::vector<std::string> names_of(const Graph& graph) {
    std::vector<std::string> names;
    for (const GraphNode& node : graph.nodes) names.emplace_back(node.call.name);
    return names;
}

Sequential two_layers() {
    Sequential net;
    net.append("first", Linear({.in = 3, .out = 4, .activation = relu()}, Random(1)));
    net.append("norm", BatchNorm({.channels = 4}, Random(2)));
    net.append("last", Linear({.in = 4, .out = 2, .bias = false}, Random(3)));
    return net;
}

TEST(Graph, HasTheLayersAndOperationsOfItsModulesInTheirOrder) {
    const Sequential net = two_layers();
    const Graph graph = graph_of(net, [&](const Variable& x) { return net(x); }, {3});
    EXPECT_EQ(names_of(graph), (std::vector<std::string>{"linear", "relu", "normalize_by", "linear"}));
    EXPECT_EQ(graph.nodes[2].module, "norm");
    EXPECT_EQ(graph.value(graph.nodes[2].inputs[4]).name, "norm.running_variance");
    expect_tensor(*graph.value(graph.nodes[2].inputs[4]).constant, {4}, {1, 1, 1, 1});
}

TEST(Graph, HasAsManyItemsAsThereAre) {
    const Sequential net = two_layers();
    const Graph graph = graph_of(net, [&](const Variable& x) { return net(x); }, {3});
    EXPECT_EQ(graph.value(graph.input).shape, (Shape{GraphValue::batch, 3}));
    EXPECT_EQ(graph.value(graph.output).shape, (Shape{GraphValue::batch, 2}));
}

TEST(Graph, LeavesOutWhatIsMadeOfConstantsAndWhatNobodyTakes) {
    const Linear layer({.in = 2, .out = 2}, Random(1));
    const auto f = [&](const Variable& x) {
        sum(exp(x));
        return x * (2.0 * abs(layer.weight));
    };
    const Graph graph = graph_of(layer, [&](const Variable& x) { return f(reshape(x, {-1, 1, 2})); }, {2});
    EXPECT_EQ(names_of(graph), (std::vector<std::string>{"reshape", "multiply"}));
    const GraphValue& factor = graph.value(graph.nodes[1].inputs[1]);
    expect_equal(*factor.constant, 2.0 * abs(layer.weight), 0.0);
}

TEST(Graph, HasAnOperationThatIsMadeOfOthersAsOne) {
    const Lambda layer([](const Variable& x) { return log_softmax(x, 1); });
    const Graph graph = graph_of(layer, [&](const Variable& x) { return layer(x); }, {3});
    EXPECT_EQ(names_of(graph), (std::vector<std::string>{"log_softmax"}));
    EXPECT_EQ(graph.nodes[0].inputs, (std::vector<std::size_t>{graph.input}));
}

TEST(Graph, HasANormalizationAsOneOperation) {
    const LayerNorm layer({.shape = {3}});
    const Graph graph = graph_of(layer, [&](const Variable& x) { return layer(x); }, {4, 3});
    EXPECT_EQ(names_of(graph), (std::vector<std::string>{"standardize", "multiply", "add"}));
    EXPECT_EQ(*graph.nodes[0].call.option<std::vector<Index>>("axes"), (std::vector<Index>{2}));
}

TEST(Graph, RefusesWhatNoOperationTells) {
    const auto graph = [](const std::function<Variable(const Variable&)>& f) {
        return graph_of(Linear({.in = 2, .out = 2}, Random(1)), f, {2});
    };
    EXPECT_REFUSAL(graph([](const Variable& x) { return x * Variable(sum(x).value()); }),
                   "graph: multiply takes what depends on the input, and is made without operations");
    EXPECT_REFUSAL(graph([](const Variable& x) { return exp(Variable(x.value().reshaped({2 * x.extent(0)}))); }),
                   "graph: the output must be made of the input by operations; got none");
    EXPECT_REFUSAL(graph([](const Variable& x) { return x.extent(0) == 2 ? exp(x) : tanh(x); }),
                   "graph: 2 and 3 items must take the same operations; got exp and tanh");
}

}  // namespace
}  // namespace adjoint
