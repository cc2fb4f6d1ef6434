// Comparison of adjoint::pytorch with PyTorch: random convolutions in float64, sensible and not, are given to both:
// both refuse, or their shapes, values and the gradients of input, weight and bias agree to 1e-12.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <torch/torch.h>

#include "framework/conventions/pytorch.h"
#include "framework/tensor/random.h"

namespace adjoint {
namespace {

constexpr double tolerance = 1e-12;

// What a library made of a convolution: its refusal, or result and gradients.
struct Outcome {
    std::string refusal;
    std::vector<Tensor> tensors;
};

// A convolution of either direction as it was drawn.
struct Case {
    bool transposed;
    Shape input, weight;
    std::optional<Shape> bias;
    Size2D stride, padding, dilation, output_padding;
    Index groups;
    std::string padding_word;
    std::optional<Shape> output_size;

    std::string text() const {
        return fmt::format(
            "{}: input {}, weight {}, bias {}, stride {},{}, padding {},{}{}, dilation {},{}, output_padding "
            "{},{}, groups {}, output_size {}",
            transposed ? "conv_transpose2d" : "conv2d", input, weight, bias.value_or(Shape{}), stride.height,
            stride.width, padding.height, padding.width, padding_word, dilation.height, dilation.width,
            output_padding.height, output_padding.width, groups, output_size.value_or(Shape{}));
    }
};

// ---- drawing

// Mostly from first to last, now and then `odd`, which makes no sense.
Index mostly(RandomStream& stream, Index first, Index last, Index odd) {
    return stream.between(0, 119) == 0 ? odd : stream.between(first, last);
}

Size2D mostly_pair(RandomStream& stream, Index first, Index last, Index odd) {
    return {mostly(stream, first, last, odd), mostly(stream, first, last, odd)};
}

Case draw(RandomStream& stream, bool transposed) {
    const Index groups = stream.between(1, 3);  // of none libtorch 1.13 dies
    const Index in = groups * stream.between(1, 3) + (stream.between(0, 59) == 0), out = groups * stream.between(1, 3);
    const Index weight_in = std::max<Index>(1, in / groups + (stream.between(0, 59) == 0));
    Case drawn{.transposed = transposed,
               .input = {stream.between(0, 3), in, stream.between(2, 9), stream.between(2, 9)},
               .weight = {out, weight_in, stream.between(1, 4), stream.between(1, 4)},
               .bias = {},
               .stride = mostly_pair(stream, 1, 4, 0),
               .padding = mostly_pair(stream, 0, 3, -1),
               .dilation = mostly_pair(stream, 1, 3, 0),
               .output_padding = {},
               .groups = groups,
               .padding_word = "",
               .output_size = {}};
    if (transposed) {
        drawn.weight[0] = in;
        drawn.weight[1] = out / groups;
        drawn.output_padding = stream.between(0, 1) == 0 ? Size2D{0, 0} : mostly_pair(stream, 0, 2, -1);
    } else if (stream.between(0, 4) == 0) {
        drawn.padding_word = stream.between(0, 1) == 0 ? "same" : "valid";
        if (stream.between(0, 3) != 0) drawn.stride = {1, 1};
    }
    // nn::ConvTranspose2d of libtorch 1.13 leaves the dilation out of its smallest size, unlike PyTorch's
    // documentation.
    if (transposed && stream.between(0, 3) == 0) {
        drawn.dilation = {1, 1};
        const auto near_the_fewest = [&](Index input, Index kernel, Index stride, Index padding) {
            return (input - 1) * stride - 2 * padding + kernel + stream.between(-1, stride);
        };
        drawn.output_size =
            Shape{near_the_fewest(drawn.input[2], drawn.weight[2], drawn.stride.height, drawn.padding.height),
                  near_the_fewest(drawn.input[3], drawn.weight[3], drawn.stride.width, drawn.padding.width)};
        if (stream.between(0, 1) == 0) drawn.output_size->insert(drawn.output_size->begin(), {drawn.input[0], out});
    } else if (stream.between(0, 5) == 0) {
        drawn.input.erase(drawn.input.begin());
    }
    if (stream.between(0, 2) > 0) drawn.bias = Shape{mostly(stream, out, out, out + 1)};
    return drawn;
}

// ---- libtorch

torch::Tensor to_torch(const Tensor& tensor) {
    const std::span<const double> elements = tensor.data<double>();
    return torch::from_blob(const_cast<double*>(elements.data()), tensor.shape(), torch::kFloat64)
        .clone()
        .set_requires_grad(true);
}

Tensor to_adjoint(const torch::Tensor& tensor) {
    const torch::Tensor values = tensor.detach().contiguous();
    const double* const first = values.data_ptr<double>();
    return Tensor(Shape(values.sizes().begin(), values.sizes().end()),
                  std::vector<double>(first, first + values.numel()), DType::float64);
}

torch::Tensor torch_conv(const Case& drawn, const torch::Tensor& x, const torch::Tensor& w, const torch::Tensor& b) {
    const auto pair = [](const Size2D& size) { return std::vector<Index>{size.height, size.width}; };
    const std::vector<Index> stride = pair(drawn.stride), padding = pair(drawn.padding),
                             dilation = pair(drawn.dilation);
    if (!drawn.padding_word.empty()) {
        return torch::conv2d(x, w, b, stride, c10::string_view(drawn.padding_word), dilation, drawn.groups);
    }
    if (!drawn.transposed) return torch::conv2d(x, w, b, stride, padding, dilation, drawn.groups);
    if (!drawn.output_size) {
        return torch::conv_transpose2d(x, w, b, stride, padding, pair(drawn.output_padding), drawn.groups, dilation);
    }
    torch::nn::ConvTranspose2d layer(torch::nn::ConvTranspose2dOptions(drawn.weight[0], drawn.weight[1] * drawn.groups,
                                                                       {drawn.weight[2], drawn.weight[3]})
                                         .stride({stride[0], stride[1]})
                                         .padding({padding[0], padding[1]})
                                         .output_padding({drawn.output_padding.height, drawn.output_padding.width})
                                         .groups(drawn.groups)
                                         .bias(b.defined()));
    layer->weight = w;
    layer->bias = b;
    return layer->forward(x, at::IntArrayRef(*drawn.output_size));
}

Outcome by_torch(const Case& drawn, const std::vector<Tensor>& operands, const Random& random) {
    try {
        std::vector<torch::Tensor> inputs;
        for (const Tensor& operand : operands) inputs.push_back(to_torch(operand));
        const torch::Tensor y =
            torch_conv(drawn, inputs[0], inputs[1], inputs.size() > 2 ? inputs[2] : torch::Tensor());
        const Tensor g = random.normal(Shape(y.sizes().begin(), y.sizes().end()), DType::float64);
        y.backward(to_torch(g).detach());
        Outcome outcome{.refusal = "", .tensors = {to_adjoint(y)}};
        for (const torch::Tensor& input : inputs) outcome.tensors.push_back(to_adjoint(input.grad()));
        return outcome;
    } catch (const std::exception& error) {
        return {.refusal = error.what(), .tensors = {}};
    }
}

// ---- adjoint

Variable adjoint_conv(const Case& drawn, const Variable& x, const Variable& w, const std::optional<Variable>& b) {
    if (drawn.transposed) {
        return pytorch::conv_transpose2d(x, w,
                                         {.bias = b,
                                          .stride = drawn.stride,
                                          .padding = drawn.padding,
                                          .output_padding = drawn.output_padding,
                                          .groups = drawn.groups,
                                          .dilation = drawn.dilation,
                                          .output_size = drawn.output_size});
    }
    pytorch::Conv2dOptions options{.bias = b,
                                   .stride = drawn.stride,
                                   .padding = drawn.padding,
                                   .dilation = drawn.dilation,
                                   .groups = drawn.groups};
    if (!drawn.padding_word.empty()) options.padding = drawn.padding_word;
    return pytorch::conv2d(x, w, options);
}

Outcome by_adjoint(const Case& drawn, const std::vector<Tensor>& operands, const Random& random) {
    try {
        const std::vector<Variable> inputs(operands.begin(), operands.end());
        Tape tape(inputs);
        const Variable y =
            adjoint_conv(drawn, inputs[0], inputs[1], inputs.size() > 2 ? std::optional(inputs[2]) : std::nullopt);
        Outcome outcome{.refusal = "", .tensors = {y.value()}};
        for (const Variable& gradient : tape.gradient(y, random.normal(y.shape(), DType::float64))) {
            outcome.tensors.push_back(gradient.value());
        }
        return outcome;
    } catch (const Error& error) {
        return {.refusal = error.what(), .tensors = {}};
    }
}

// ---- comparing

// In what the two differ, or nothing.
std::string difference(const Case& drawn, const Outcome& ours, const Outcome& theirs) {
    // libtorch 1.13 makes an empty result of an empty batch without looking at all the rest.
    if (!ours.refusal.empty() && drawn.input[0] == 0) return "";
    if (ours.refusal.empty() != theirs.refusal.empty()) {
        return ours.refusal.empty() ? "only PyTorch refuses: " + theirs.refusal.substr(0, theirs.refusal.find('\n'))
                                    : "only adjoint refuses: " + ours.refusal;
    }
    for (std::size_t i = 0; i < ours.tensors.size(); ++i) {
        const Tensor &a = ours.tensors[i], &b = theirs.tensors[i];
        const char* const what = std::array{"result", "input's gradient", "weight's gradient", "bias's gradient"}[i];
        if (a.shape() != b.shape()) return fmt::format("{}: shape {}, PyTorch's {}", what, a.shape(), b.shape());
        for (Index e = 0; e < a.size(); ++e) {
            if (!(std::abs(a[e] - b[e]) <= tolerance * std::max(1.0, std::abs(b[e])))) {
                return fmt::format("{}: element {} is {}, PyTorch's {}", what, e, a[e], b[e]);
            }
        }
    }
    return "";
}

int compare(std::uint64_t cases) {
    int refused = 0, different = 0;
    for (std::uint64_t which = 0; which < cases; ++which) {
        const Random random = Random(2026).stream(which);
        RandomStream stream(random.stream(0));
        const Case drawn = draw(stream, which % 2 == 1);
        std::vector<Tensor> operands = {random.stream(1).normal(drawn.input, DType::float64),
                                        random.stream(2).normal(drawn.weight, DType::float64)};
        if (drawn.bias) operands.push_back(random.stream(3).normal(*drawn.bias, DType::float64));
        const Outcome theirs = by_torch(drawn, operands, random.stream(4));
        const std::string found = difference(drawn, by_adjoint(drawn, operands, random.stream(4)), theirs);
        refused += !theirs.refusal.empty();
        different += !found.empty();
        if (!found.empty()) fmt::print("{}\n  {}\n", drawn.text(), found);
    }
    fmt::print("{} convolutions, {} of them refused by PyTorch: {} different\n", cases, refused, different);
    return different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace adjoint

int main(int argc, char** argv) { return adjoint::compare(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10000); }
