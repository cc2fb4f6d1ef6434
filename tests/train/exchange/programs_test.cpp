// Truths about exported files: the text of programs and the bytes of ONNX, as a person would write them, and what none
// of them can say.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/convolution.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
#include "tests/support/expectations.h"
#include "tests/support/values.h"
#include "train/exchange/channels_first.h"
#include "train/exchange/keras_program.h"
#include "train/exchange/onnx_file.h"
#include "train/exchange/pytorch_program.h"

namespace adjoint {
namespace {

// A module as a user writes it, of a convolution, a normalisation, a skip connection and a dense layer.
class Skip : public Module {
  public:
    Skip()
        : conv(child("conv", Conv2D({.in_channels = 2,
                                     .out_channels = 2,
                                     .kernel = {3, 3},
                                     .padding = Sides{1, 0, 1, 2},
                                     .activation = leaky_relu(0.2)},
                                    Random(1)))),
          norm(child("norm", BatchNorm({.channels = 2, .epsilon = 0.001}, Random(2)))),
          decide(child("decide", Linear({.in = 24, .out = 3}, Random(3)))) {}
    Variable forward(const Variable& x) const override { return decide(reshape(norm(conv(x)) + x, {x.extent(0), -1})); }

    const Conv2D& conv;
    const BatchNorm& norm;
    const Linear& decide;
};

Graph graph_of_skip(const Skip& model) {
    return graph_of(model, [&](const Variable& x) { return model(x); }, {3, 4, 2});
}

TEST(PyTorchProgram, IsAClassThatAPersonReads) {
    const Skip model;
    const PythonProgram program = pytorch_program(channels_first(graph_of_skip(model), false), "Skip", "A skip.");
    EXPECT_EQ(program.text,
              "\"\"\"A skip.\"\"\"\n"
              "import torch\n"
              "from torch import nn\n"
              "from torch.nn import functional as F\n"
              "\n\n"
              "class Skip(nn.Module):\n"
              "    def __init__(self):\n"
              "        super().__init__()\n"
              "        self.conv = nn.Conv2d(2, 2, kernel_size=3)\n"
              "        self.norm = nn.BatchNorm2d(2, eps=0.001)\n"
              "        self.decide = nn.Linear(24, 3)\n"
              "\n"
              "    def forward(self, x):\n"
              "        x1 = F.leaky_relu(self.conv(F.pad(x, (0, 2, 1, 1))), 0.2)\n"
              "        x1 = self.norm(x1)\n"
              "        x = x1 + x\n"
              "        x = x.reshape(-1, 24)\n"
              "        x = self.decide(x)\n"
              "        return x\n");
    std::map<std::string, Shape> shapes;
    for (const auto& [name, tensor] : program.tensors) shapes[name] = tensor.shape();
    EXPECT_EQ(shapes, (std::map<std::string, Shape>{{"conv.weight", {2, 2, 3, 3}},
                                                    {"conv.bias", {2}},
                                                    {"norm.weight", {2}},
                                                    {"norm.bias", {2}},
                                                    {"norm.running_mean", {2}},
                                                    {"norm.running_var", {2}},
                                                    {"decide.weight", {3, 24}},
                                                    {"decide.bias", {3}}}));
}

TEST(KerasProgram, IsAFunctionThatAPersonReads) {
    const Skip model;
    const std::string text = keras_program(graph_of_skip(model), "Skip", "A skip.").text;
    EXPECT_NE(text.find("    inputs = x = keras.Input((3, 4, 2))\n"
                        "    x1 = ops.leaky_relu(layers.Conv2D(2, 3, name=\"conv\")"
                        "(layers.ZeroPadding2D(((1, 1), (0, 2)))(x)), 0.2)\n"
                        "    x1 = layers.BatchNormalization(epsilon=0.001, name=\"norm\")(x1)\n"
                        "    x = x1 + x\n"
                        "    x = ops.reshape(x, (-1, 24))\n"
                        "    x = layers.Dense(3, name=\"decide\")(x)\n"
                        "    model = keras.Model(inputs, x, name=\"Skip\")\n"),
              std::string::npos)
        << text;
}

TEST(KerasProgram, PadsAndCropsEachSideByItself) {
    const Conv2DTranspose layer({.in_channels = 1,
                                 .out_channels = 1,
                                 .kernel = {5, 5},
                                 .stride = {2, 2},
                                 .padding = Sides{1, -2, 3, -4},
                                 .bias = false},
                                Random(1));
    const Graph graph = graph_of(layer, [&](const Variable& x) { return layer(x); }, {3, 4, 1});
    const std::string text = keras_program(graph, "Net", "").text;
    EXPECT_NE(text.find("    x = layers.Cropping2D(((1, 3), (0, 0)))(layers.ZeroPadding2D(((0, 0), (2, 4)))"
                        "(layers.Conv2DTranspose(1, 5, strides=2, use_bias=False, name=\"conv\")(x)))\n"),
              std::string::npos)
        << text;
}

TEST(OnnxFile, HasTheBytesOfItsMessages) {
    const Lambda layer([](const Variable& x) { return relu(x); });
    const Graph graph = graph_of(layer, [&](const Variable& x) { return layer(x); }, {3});
    // A value [N, 3] of floats: its name, and the type of its elements and its extents.
    const std::string type = "\x12\x0f\x0a\x0d\x08\x01\x12\x09\x0a\x03\x12\x01N\x0a\x02\x08\x03";
    const std::string node = "\x0a\x05input\x12\x06output\x1a\x04Relu\"\x04Relu";
    const auto field = [](char key, const std::string& content) {
        return std::string{key, static_cast<char>(content.size())} + content;
    };
    const std::string body = field('\x12', "Rectifier") + field('\x0a', node) + field('\x5a', "\x0a\x05input" + type) +
                             field('\x62', "\x0a\x06output" + type);
    EXPECT_EQ(onnx_file(graph, "Rectifier", {{"key", "text"}}), "\x08\x08" + field('\x12', "adjoint") +
                                                                    field('\x3a', body) + field('\x42', "\x10\x11") +
                                                                    field('\x72', "\x0a\x03key\x12\x04text"));
}

TEST(Export, NamesWhatCannotBeSaidAndWhere) {
    Sequential net;
    net.append("running", Lambda([](const Variable& x) { return cumsum(x, 1); }));
    const Graph graph = graph_of(net, [&](const Variable& x) { return net(x); }, {3});
    EXPECT_REFUSAL(onnx_file(graph, "Net", {}), "export: ONNX cannot say cumsum, in running");
    EXPECT_REFUSAL(pytorch_program(graph, "Net", ""), "export: PyTorch cannot say cumsum, in running");
    EXPECT_REFUSAL(keras_program(graph, "Net", ""), "export: Keras cannot say cumsum, in running");
}

}  // namespace
}  // namespace adjoint
