// Truths about what each operation is in the programs and files of others: literal statements, which a person who
// knows PyTorch, Keras and ONNX can check by reading.
#include <algorithm>
#include <fmt/ranges.h>
#include <sstream>
#include <string>

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/pooling.h"
#include "framework/ops/reduction.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "layers/lambda.h"
#include "tests/support/onnx_text.h"
#include "tests/support/values.h"
#include "train/exchange/channels_first.h"
#include "train/exchange/keras_program.h"
#include "train/exchange/onnx_file.h"
#include "train/exchange/pytorch_program.h"

namespace adjoint {
namespace {

// What stands in a program after the line that begins with `first`, up to one that begins with `last`, in one line.
std::string between(const std::string& text, const std::string& first, const std::string& last) {
    std::istringstream lines(text);
    std::string line, found;
    bool inside = false;
    while (std::getline(lines, line)) {
        const std::string content = line.substr(std::min(line.size(), line.find_first_not_of(' ')));
        if (content.starts_with(last)) inside = false;
        if (inside && !content.empty() && !content.starts_with("def ")) found += (found.empty() ? "" : "; ") + content;
        if (content.starts_with(first)) inside = true;
    }
    return found;
}

struct Operation {
    std::string name;
    Shape item;  // of one input
    Variable (*f)(const Variable&);
    std::string pytorch, keras, onnx;
};

const Operation operations[] = {
    {"sum",
     {4, 3},
     [](const Variable& x) { return sum(x, {1}); },
     "x = x.sum(dim=(1,), keepdim=False)",
     "x = ops.sum(x, axis=(1,), keepdims=False)",
     "output = ReduceSum(input, [1]) keepdims=0"},
    {"mean, kept",
     {4, 3},
     [](const Variable& x) {
         return mean(x, {1, 2}, Keep::yes);
     },
     "x = x.mean(dim=(1, 2), keepdim=True)",
     "x = ops.mean(x, axis=(1, 2), keepdims=True)",
     "output = ReduceMean(input) axes=[1, 2] keepdims=1"},
    {"max",
     {4, 3},
     [](const Variable& x) { return max(x, 2); },
     "x = x.amax(dim=(2,), keepdim=False)",
     "x = ops.max(x, axis=(2,), keepdims=False)",
     "output = ReduceMax(input) axes=[2] keepdims=0"},
    {"min, kept",
     {4, 3},
     [](const Variable& x) { return min(x, 1, Keep::yes); },
     "x = x.amin(dim=(1,), keepdim=True)",
     "x = ops.min(x, axis=(1,), keepdims=True)",
     "output = ReduceMin(input) axes=[1] keepdims=1"},
    {"standardize",
     {4, 3},
     [](const Variable& x) { return standardize(x, {-1}, 1e-5); },
     "x = (x - x.mean((2,), keepdim=True)) / (x.var((2,), correction=0, keepdim=True) + 1e-05).sqrt()",
     "x = (x - ops.mean(x, (2,), keepdims=True)) / ops.sqrt(ops.var(x, (2,), keepdims=True) + 1e-05)",
     "value = ReduceMean(input) axes=[2] keepdims=1; value_2 = Sub(input, value); value_3 = Mul(value_2, value_2); "
     "value_4 = ReduceMean(value_3) axes=[2] keepdims=1; value_5 = Add(value_4, 1e-05); value_6 = Sqrt(value_5); "
     "output = Div(value_2, value_6)"},
    {"log_softmax",
     {4, 3},
     [](const Variable& x) { return log_softmax(x, 1); },
     "x = F.log_softmax(x, dim=1)",
     "x = ops.log_softmax(x, axis=1)",
     "output = LogSoftmax(input) axis=1"},
    {"slice",
     {4, 3},
     [](const Variable& x) { return slice(x, {.axis = 2, .begin = 1, .end = 3}); },
     "x = x.narrow(2, 1, 2)",
     "x = x[:, :, 1:3]",
     "output = Slice(input, [1], [3], [2])"},
    {"pad",
     {4, 3},
     [](const Variable& x) { return pad(x, {.axis = 1, .before = 2, .after = 5}); },
     "x = F.pad(x, (0, 0, 2, 5))",
     "x = ops.pad(x, ((0, 0), (2, 5), (0, 0)))",
     "output = Pad(input, [0, 2, 0, 0, 5, 0])"},
    {"transpose",
     {4, 3},
     [](const Variable& x) {
         return transpose(x, {0, 2, 1});
     },
     "x = x.permute(0, 2, 1)",
     "x = ops.transpose(x, (0, 2, 1))",
     "output = Transpose(input) perm=[0, 2, 1]"},
    {"reshape",
     {4, 3},
     [](const Variable& x) {
         return reshape(x, {x.extent(0), 2, 6});
     },
     "x = x.reshape(-1, 2, 6)",
     "x = ops.reshape(x, (-1, 2, 6))",
     "output = Reshape(input, [-1, 2, 6])"},
    {"concatenate",
     {4, 3},
     [](const Variable& x) {
         return concatenate({x, tanh(x)}, 2);
     },
     "x1 = torch.tanh(x); x = torch.cat([x, x1], dim=2)",
     "x1 = ops.tanh(x); x = ops.concatenate([x, x1], axis=2)",
     "value = Tanh(input); output = Concat(input, value) axis=2"},
    {"matmul",
     {4, 3},
     [](const Variable& x) { return matmul(x, x, {.transpose_b = true}); },
     "x = x @ x.mT",
     "x = ops.matmul(x, ops.swapaxes(x, -1, -2))",
     "value = Transpose(input) perm=[0, 2, 1]; output = MatMul(input, value)"},
    {"matmul of the other",
     {4, 3},
     [](const Variable& x) { return matmul(x, x, {.transpose_a = true}); },
     "x = x.mT @ x",
     "x = ops.matmul(ops.swapaxes(x, -1, -2), x)",
     "value = Transpose(input) perm=[0, 2, 1]; output = MatMul(value, input)"},
    {"power",
     {3},
     [](const Variable& x) { return power(x, 2.5); },
     "x = x ** 2.5",
     "x = x ** 2.5",
     "output = Pow(input, 2.5)"},
    {"power of itself",
     {3},
     [](const Variable& x) { return power(x, x); },
     "x = x ** x",
     "x = x ** x",
     "output = Pow(input, input)"},
    {"leaky_relu",
     {3},
     [](const Variable& x) { return leaky_relu(x, 0.25); },
     "x = F.leaky_relu(x, 0.25)",
     "x = ops.leaky_relu(x, 0.25)",
     "output = LeakyRelu(input) alpha=0.25"},
    {"elu",
     {3},
     [](const Variable& x) { return elu(x, 0.5); },
     "x = F.elu(x, 0.5)",
     "x = ops.elu(x, 0.5)",
     "output = Elu(input) alpha=0.5"},
    {"gelu",
     {3},
     [](const Variable& x) { return gelu(x); },
     "x = F.gelu(x)",
     "x = ops.gelu(x, approximate=False)",
     "value = Mul(input, 0.70710677); value_2 = Erf(value); value_3 = Add(value_2, 1); value_4 = Mul(input, 0.5); "
     "output = Mul(value_4, value_3)"},
    {"arithmetic",
     {3},
     [](const Variable& x) {
         const Variable product = (x + 2.0) * x;
         return product / (x - 3.0);
     },
     "x1 = x + 2; x1 = x1 * x; x = x - 3; x = x1 / x",
     "x1 = x + 2; x1 = x1 * x; x = x - 3; x = x1 / x",
     "value = Add(input, 2); value_2 = Mul(value, input); value_3 = Sub(input, 3); output = Div(value_2, value_3)"},
    {"functions",
     {3},
     [](const Variable& x) { return exp(log(sqrt(abs(tanh(sigmoid(erf(relu(sin(cos(softplus(-x))))))))))); },
     "x = torch.neg(x); x = F.softplus(x); x = torch.cos(x); x = torch.sin(x); x = F.relu(x); x = torch.erf(x); x = "
     "torch.sigmoid(x); x = torch.tanh(x); x = torch.abs(x); x = torch.sqrt(x); x = torch.log(x); x = torch.exp(x)",
     "x = ops.negative(x); x = ops.softplus(x); x = ops.cos(x); x = ops.sin(x); x = ops.relu(x); x = ops.erf(x); x = "
     "ops.sigmoid(x); x = ops.tanh(x); x = ops.abs(x); x = ops.sqrt(x); x = ops.log(x); x = ops.exp(x)",
     "value = Neg(input); value_2 = Softplus(value); value_3 = Cos(value_2); value_4 = Sin(value_3); value_5 = "
     "Relu(value_4); value_6 = Erf(value_5); value_7 = Sigmoid(value_6); value_8 = Tanh(value_7); value_9 = "
     "Abs(value_8); value_10 = Sqrt(value_9); value_11 = Log(value_10); output = Exp(value_11)"},
    {"minimum",
     {3},
     [](const Variable& x) { return minimum(maximum(x, -x), x); },
     "x1 = torch.neg(x); x1 = torch.maximum(x, x1); x = torch.minimum(x1, x)",
     "x1 = ops.negative(x); x1 = ops.maximum(x, x1); x = ops.minimum(x1, x)",
     "value = Neg(input); value_2 = Max(input, value); output = Min(value_2, input)"},
    {"conv2d",
     {9, 8, 4},
     [](const Variable& x) {
         return conv2d(x, Tensor::ones({3, 2, 2, 6}),
                       {.stride = {2, 1}, .padding = Sides{1, 0, 2, 1}, .dilation = {1, 2}, .groups = 2});
     },
     "self.conv = nn.Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 1), dilation=(1, 2), groups=2, bias=False); x = "
     "self.conv(F.pad(x, (0, 1, 1, 2)))",
     "x = layers.Conv2D(6, (3, 2), strides=(2, 1), dilation_rate=(1, 2), groups=2, use_bias=False, "
     "name=\"conv\")(layers.ZeroPadding2D(((1, 2), (0, 1)))(x))",
     "output = Conv(input, constant) kernel_shape=[3, 2] strides=[2, 1] pads=[1, 0, 2, 1] dilations=[1, 2] group=2"},
    {"conv2d_transpose",
     {4, 5, 3},
     [](const Variable& y) {
         return conv2d_transpose(y, Tensor::ones({3, 2, 4, 3}), {.stride = {2, 3}, .padding = Sides{1, 0, 1, 0}});
     },
     "self.conv = nn.ConvTranspose2d(3, 4, kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), bias=False); x = "
     "self.conv(x)",
     "x = layers.Cropping2D(((1, 1), (0, 0)))(layers.Conv2DTranspose(4, (3, 2), strides=(2, 3), output_padding=(0, 0), "
     "use_bias=False, name=\"conv\")(x))",
     "output = ConvTranspose(input, constant) kernel_shape=[3, 2] strides=[2, 3] pads=[1, 0, 1, 0] dilations=[1, 1] "
     "group=1 output_padding=[0, 0]"},
    {"conv2d_transpose, cut",
     {4, 5, 3},
     [](const Variable& y) {
         return conv2d_transpose(y, Tensor::ones({3, 3, 4, 3}), {.padding = Sides{0, 2, 1, 0}});
     },
     "self.conv = nn.ConvTranspose2d(3, 4, kernel_size=3, bias=False); x = F.pad(self.conv(x), (-2, 0, 0, -1))",
     "x = layers.Cropping2D(((0, 1), (2, 0)))(layers.Conv2DTranspose(4, 3, use_bias=False, name=\"conv\")(x))",
     "output = ConvTranspose(input, constant) kernel_shape=[3, 3] strides=[1, 1] pads=[0, 2, 1, 0] dilations=[1, 1] "
     "group=1 output_padding=[0, 0]"},
    {"max_pool2d",
     {6, 4, 2},
     [](const Variable& x) {
         return max_pool2d(x, {.window = {2, 3}, .stride = Size2D{1, 2}}).value;
     },
     "x = F.max_pool2d(x, (2, 3), stride=(1, 2))",
     "x = layers.MaxPooling2D((2, 3), strides=(1, 2))(x)",
     "output = MaxPool(input) kernel_shape=[2, 3] strides=[1, 2] pads=[0, 0, 0, 0] dilations=[1, 1]"},
    {"upsample2d",
     {3, 2, 2},
     [](const Variable& x) {
         return upsample2d(x, {2, 3});
     },
     "self.register_buffer(\"matrix\", torch.empty((6, 3))); self.register_buffer(\"matrix_2\", torch.empty((6, 2))); "
     "x = self.matrix @ x; x = x @ self.matrix_2.mT",
     "x = ops.einsum(\"yb,abcd->aycd\", weights[\"matrix\"], x); x = ops.einsum(\"yc,abcd->abyd\", "
     "weights[\"matrix_2\"], x)",
     "value = MatMul(constant, input); output = MatMul(value, constant_2)"},
    {"images",
     {3, 2, 5},
     [](const Variable& x) {
         return slice(pad(concatenate({x, relu(x)}, 3), {.axis = 1, .before = 1}), {.axis = 2, .end = 1});
     },
     "x1 = F.relu(x); x = torch.cat([x, x1], dim=1); x = F.pad(x, (0, 0, 1, 0)); x = x.narrow(3, 0, 1)",
     "x1 = ops.relu(x); x = ops.concatenate([x, x1], axis=3); x = ops.pad(x, ((0, 0), (1, 0), (0, 0), (0, 0))); x = "
     "x[:, :, 0:1]",
     "value = Relu(input); value_2 = Concat(input, value) axis=1; value_3 = Pad(value_2, [0, 0, 1, 0, 0, 0, 0, 0]); "
     "output = Slice(value_3, [0], [1], [3])"},
};

TEST(Statements, AreThoseOfEachOperation) {
    for (const Operation& operation : operations) {
        const Lambda layer(operation.f);
        const Graph graph = graph_of(
            layer, [&](const Variable& x) { return layer(x); }, operation.item);
        const Graph first = channels_first(graph, false);
        EXPECT_EQ(between(pytorch_program(first, "Net", "").text, "super()", "return"), operation.pytorch)
            << operation.name;
        EXPECT_EQ(between(keras_program(graph, "Net", "").text, "inputs =", "model ="), operation.keras)
            << operation.name;
        EXPECT_EQ(fmt::format("{}", fmt::join(onnx_nodes(onnx_file(first, "Net", {})), "; ")), operation.onnx)
            << operation.name;
    }
}

}  // namespace
}  // namespace adjoint
