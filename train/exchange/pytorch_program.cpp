#include "train/exchange/pytorch_program.h"

#include <algorithm>

#include "framework/convolution/conv2d_form.h"
#include "framework/ops/batch_normalize.h"
#include "framework/ops/matmul.h"
#include "framework/ops/shape_ops.h"
#include "framework/ops/sparse_matrix.h"

namespace adjoint {
namespace {

class Writer : public PythonWriter {
  public:
    explicit Writer(const Graph& graph)
        : PythonWriter(graph, "PyTorch", "        ",
                       {{"relu", "F.relu"},
                        {"leaky_relu", "F.leaky_relu"},
                        {"elu", "F.elu"},
                        {"gelu", "F.gelu"},
                        {"softplus", "F.softplus"},
                        {"tanh", "torch.tanh"},
                        {"sigmoid", "torch.sigmoid"},
                        {"exp", "torch.exp"},
                        {"expm1", "torch.expm1"},
                        {"log", "torch.log"},
                        {"sqrt", "torch.sqrt"},
                        {"abs", "torch.abs"},
                        {"erf", "torch.erf"},
                        {"sin", "torch.sin"},
                        {"cos", "torch.cos"},
                        {"negate", "torch.neg"},
                        {"maximum", "torch.maximum"},
                        {"minimum", "torch.minimum"}}) {}

    PythonProgram program(const std::string& name, const std::string& description) && {
        write_all();
        const std::string& input = names_.of(graph_.input);
        return {
            fmt::format("\"\"\"{}\"\"\"\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n\n"
                        "class {}(nn.Module):\n"
                        "    def __init__(self):\n        super().__init__()\n{}\n"
                        "    def forward(self, {}):\n{}        return {}\n",
                        description, name, layers_, input, steps_, names_.of(graph_.output)),
            std::move(tensors_)};
    }

  private:
    void write_other(const GraphNode& node) override {
        const std::string_view name = node.call.name;
        if (name == "concatenate")
            return step(node, fmt::format("torch.cat([{}], dim={})", fmt::join(operands(node), ", "),
                                          option<Index>(node, "axis")));
        const std::string x = operand(node);
        if (name == "log_softmax")
            return step(node, fmt::format("F.log_softmax({}, dim={})", x, option<Index>(node, "axis")));
        if (name == "transpose")
            return step(node, fmt::format("{}.permute{}", x, python_tuple(option<std::vector<Index>>(node, "axes"))));
        if (name == "reshape")
            return step(node, fmt::format("{}.reshape{}", x, python_tuple(shape_with_one_free(node))));
        if (name == "slice") {
            const auto& [axis, begin, end] = option<Slice>(node, "range");
            return step(node, fmt::format("{}.narrow({}, {}, {})", x, axis, begin, end - begin));
        }
        if (name == "pad") return write_pad(node, x);
        if (name == "standardize") {
            const std::string along = python_tuple(option<std::vector<Index>>(node, "axes"));
            return step(node, fmt::format("({0} - {0}.mean({1}, keepdim=True)) / ({0}.var({1}, correction=0, "
                                          "keepdim=True) + {2}).sqrt()",
                                          x, along, python_number(option<double>(node, "epsilon"))));
        }
        if (name == "sum" || name == "mean" || name == "max" || name == "min") return write_reduction(node, x);
        refuse(node);
    }

    // ---- statements

    void layer(const std::string& name, const std::string& made) {
        layers_ += fmt::format("        self.{} = {}\n", name, made);
    }
    void tensor(const std::string& layer, const char* name, const Tensor& value) {
        tensors_.emplace_back(layer + "." + name, value);
    }
    std::string buffer(const Tensor& value, const std::string& module, const std::string& kind) override {
        const std::string name = layer_name(module, kind);
        layers_ +=
            fmt::format("        self.register_buffer(\"{}\", torch.empty({}))\n", name, python_tuple(value.shape()));
        tensors_.emplace_back(name, value);
        return "self." + name;
    }

    // ---- layers

    static std::string settings(const Conv2DForm& form, const std::vector<Index>& padding, const std::string& more,
                                bool bias) {
        return fmt::format("kernel_size={}{}{}{}{}{}{}", python_tuple({form.height.kernel, form.width.kernel}, true),
                           python_argument("stride", {form.height.stride, form.width.stride}, 1),
                           python_argument("padding", padding, 0), more,
                           python_argument("dilation", {form.height.dilation, form.width.dilation}, 1),
                           python_argument("groups", {form.groups}, 1), bias ? "" : ", bias=False");
    }

    void finish_convolution(const GraphNode& node, const std::string& made, const std::string& before,
                            const std::string& after) {
        const std::string name = layer_name(node.module, "conv");
        layer(name, made);
        tensor(name, "weight", constant(node, 1));
        if (node.inputs.size() == 3) tensor(name, "bias", constant(node, 2));
        const std::string sum = fmt::format("self.{}({})", name, before);
        step(node,
             activated(after.empty() ? sum : fmt::format("F.pad({}, {})", sum, after), option<double>(node, "slope")));
    }

    void write_convolution(const GraphNode& node) override {
        const auto& form = option<Conv2DForm>(node, "form");
        const auto [top, left, bottom, right] = form.pads();
        const bool symmetric = top == bottom && left == right && top >= 0 && left >= 0;
        const std::vector<Index> padding = symmetric ? std::vector{top, left} : std::vector<Index>{0, 0};
        const std::string x = operand(node);
        finish_convolution(node,
                           fmt::format("nn.Conv2d({}, {}, {})", form.channels, form.filters,
                                       settings(form, padding, "", node.inputs.size() == 3)),
                           symmetric ? x : fmt::format("F.pad({}, {})", x, python_tuple({left, right, top, bottom})),
                           "");
    }

    // PyTorch pads both sides alike, and says by output_padding how much more there is behind. Where that is not enough
    // or too much, it makes all pixels that some tap leads to, and what is too many is cut off.
    void write_transposed(const GraphNode& node) override {
        const auto& form = option<Conv2DForm>(node, "form");
        const auto more = [](const ConvAxis& axis) { return axis.beyond() + axis.pad_before - axis.pad_after; };
        const auto sayable = [&](const ConvAxis& axis) {
            return axis.pad_before >= 0 && more(axis) >= 0 && more(axis) < std::max(axis.stride, axis.dilation);
        };
        const std::string x = operand(node);
        const auto made = [&](const std::vector<Index>& padding, const std::vector<Index>& output_padding) {
            return fmt::format(
                "nn.ConvTranspose2d({}, {}, {})", form.filters, form.channels,
                settings(form, padding, python_argument("output_padding", output_padding, 0), node.inputs.size() == 3));
        };
        const auto& [height, width] = std::pair(form.height, form.width);
        if (sayable(height) && sayable(width)) {
            return finish_convolution(node, made({height.pad_before, width.pad_before}, {more(height), more(width)}), x,
                                      "");
        }
        const std::vector<Index> added = {-width.pad_before, width.beyond() - width.pad_after, -height.pad_before,
                                          height.beyond() - height.pad_after};
        if (std::ranges::max(added) > 0) refuse(node);
        finish_convolution(node, made({0, 0}, {0, 0}), x, python_tuple(added));
    }

    void write_normalization(const GraphNode& node) override {
        const auto& options = option<BatchNormalizeOptions>(node, "options");
        const std::size_t rank = shape(node.inputs[0]).size();
        if (rank != 2 && rank != 4) refuse(node);
        const std::string name = layer_name(node.module, "norm");
        layer(name, fmt::format("nn.BatchNorm{}({}{})", rank == 4 ? "2d" : "1d", constant(node, 1).size(),
                                options.epsilon == 1e-5 ? "" : ", eps=" + python_number(options.epsilon)));
        const std::array parts = {"weight", "bias", "running_mean", "running_var"};
        for (std::size_t i = 0; i < parts.size(); ++i) tensor(name, parts[i], constant(node, i + 1));
        step(node, activated(fmt::format("self.{}({})", name, operand(node)), options.activation.slope));
    }

    void write_linear(const GraphNode& node) override {
        const Tensor& w = constant(node, 1);
        const std::string name = layer_name(node.module, "linear");
        layer(name, fmt::format("nn.Linear({}, {}{})", w.extent(0), w.extent(1),
                                node.inputs.size() == 3 ? "" : ", bias=False"));
        tensor(name, "weight", transpose(w).value());
        if (node.inputs.size() == 3) tensor(name, "bias", constant(node, 2));
        step(node, fmt::format("self.{}({})", name, operand(node)));
    }

    // ---- functions

    void write_pooling(const GraphNode& node) override {
        const auto& form = option<Conv2DForm>(node, "form");
        const auto [top, left, bottom, right] = form.pads();
        if (top != bottom || left != right) refuse(node);
        const std::vector<Index> kernel = {form.height.kernel, form.width.kernel};
        const std::vector<Index> stride = {form.height.stride, form.width.stride};
        step(node, fmt::format("F.max_pool2d({}, {}{}{}{})", operand(node), python_tuple(kernel, true),
                               stride == kernel ? "" : ", stride=" + python_tuple(stride, true),
                               python_argument("padding", {top, left}, 0),
                               python_argument("dilation", {form.height.dilation, form.width.dilation}, 1)));
    }

    void write_matmul(const GraphNode& node) override {
        const auto& options = option<MatmulOptions>(node, "options");
        const auto turned = [](const std::string& x, bool transposed) { return transposed ? x + ".mT" : x; };
        step(node, fmt::format("{} @ {}", turned(operand(node), options.transpose_a),
                               turned(operand(node, 1), options.transpose_b)));
    }

    // y = M·x along the last axis but one, or x·Mᵀ along the last.
    void write_matrix(const GraphNode& node) override {
        const Index axis = option<Index>(node, "axis"), rank = std::ssize(shape(node.output));
        const std::string m = buffer(option<SparseMatrix>(node, "matrix").dense(), node.module, "matrix"),
                          x = operand(node);
        if (axis != rank - 2 && axis != rank - 1) refuse(node);
        step(node, axis == rank - 2 ? fmt::format("{} @ {}", m, x) : fmt::format("{} @ {}.mT", x, m));
    }

    void write_pad(const GraphNode& node, const std::string& x) {
        const auto& [axis, before, after] = option<Margin>(node, "margin");
        std::vector<Index> pads(2 * static_cast<std::size_t>(std::ssize(shape(node.output)) - axis));
        pads[pads.size() - 2] = before;
        pads[pads.size() - 1] = after;
        step(node, fmt::format("F.pad({}, {})", x, python_tuple(pads)));
    }

    void write_reduction(const GraphNode& node, const std::string& x) {
        const auto& axes = option<std::vector<Index>>(node, "axes");
        const std::string_view name = node.call.name;
        step(node, fmt::format("{}.{}(dim={}, keepdim={})", x,
                               name == "max"   ? "amax"
                               : name == "min" ? "amin"
                                               : name,
                               python_tuple(axes), keeps_axes(node) ? "True" : "False"));
    }

    std::string layers_;
};

}  // namespace

PythonProgram pytorch_program(const Graph& graph, const std::string& name, const std::string& description) {
    return Writer(graph).program(name, description);
}

}  // namespace adjoint
