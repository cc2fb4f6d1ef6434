#include "train/export/pytorch_program.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <map>

#include "framework/convolution/conv2d_form.h"
#include "framework/ops/batch_normalize.h"
#include "framework/ops/matmul.h"
#include "framework/ops/shape_ops.h"
#include "framework/ops/sparse_matrix.h"
#include "train/export/python_names.h"

namespace adjoint {
namespace {

class Writer {
  public:
    explicit Writer(const Graph& graph) : graph_(graph), names_(graph) {
        for (const GraphNode& node : graph.nodes) write(node);
    }

    PythonProgram program(const std::string& name, const std::string& description) && {
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
    void write(const GraphNode& node) {
        const std::string_view name = node.call.name;
        if (const auto found = functions().find(name); found != functions().end())
            return step(node, fmt::format("{}({})", found->second, fmt::join(operands(node), ", ")));
        if (const auto found = operators().find(name); found != operators().end())
            return step(node, fmt::format("{} {} {}", operand(node.inputs[0]), found->second, operand(node.inputs[1])));
        if (name == "conv2d") return write_convolution(node);
        if (name == "conv2d_input_gradient") return write_transposed(node);
        if (name == "normalize_by") return write_normalization(node);
        if (name == "linear") return write_linear(node);
        if (name == "max_pool2d") return write_pooling(node);
        if (name == "matmul") return write_matmul(node);
        if (name == "multiply_along") return write_matrix(node);
        const std::string x = operand(node.inputs[0]);
        if (name == "negate") return step(node, "-" + x);
        if (name == "leaky_relu") return step(node, leaky(x, option<double>(node, "slope")));
        if (name == "elu")
            return step(node, fmt::format("F.elu({}, {})", x, python_number(option<double>(node, "alpha"))));
        if (name == "log_softmax")
            return step(node, fmt::format("F.log_softmax({}, dim={})", x, option<Index>(node, "axis")));
        if (name == "concatenate")
            return step(node, fmt::format("torch.cat([{}], dim={})", fmt::join(operands(node), ", "),
                                          option<Index>(node, "axis")));
        if (name == "transpose")
            return step(node, fmt::format("{}.permute{}", x, python_tuple(option<std::vector<Index>>(node, "axes"))));
        if (name == "reshape") return write_reshape(node, x);
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
        if (name == "power") return write_power(node, x);
        if (name == "sum" || name == "mean" || name == "max" || name == "min") return write_reduction(node, x);
        refuse(node);
    }

    static const std::map<std::string_view, const char*>& functions() {
        static const std::map<std::string_view, const char*> names = {
            {"relu", "F.relu"},         {"tanh", "torch.tanh"},       {"sigmoid", "torch.sigmoid"},
            {"exp", "torch.exp"},       {"log", "torch.log"},         {"sqrt", "torch.sqrt"},
            {"abs", "torch.abs"},       {"erf", "torch.erf"},         {"sin", "torch.sin"},
            {"cos", "torch.cos"},       {"expm1", "torch.expm1"},     {"gelu", "F.gelu"},
            {"softplus", "F.softplus"}, {"maximum", "torch.maximum"}, {"minimum", "torch.minimum"}};
        return names;
    }
    static const std::map<std::string_view, const char*>& operators() {
        static const std::map<std::string_view, const char*> signs = {
            {"add", "+"}, {"subtract", "-"}, {"multiply", "*"}, {"divide", "/"}};
        return signs;
    }

    [[noreturn]] static void refuse(const GraphNode& node) {
        throw Error(fmt::format("export: PyTorch cannot say {}{}", node.call.name,
                                node.module.empty() ? "" : ", in " + node.module));
    }
    template <class T>
    static const T& option(const GraphNode& node, const char* name) {
        const T* const value = node.call.option<T>(name);
        if (value == nullptr) refuse(node);
        return *value;
    }
    const GraphValue& value(std::size_t number) const { return graph_.value(number); }

    // ---- statements

    void step(const GraphNode& node, const std::string& expression) {
        steps_ += fmt::format("        {} = {}\n", names_.of(node.output), expression);
    }
    void layer(const std::string& name, const std::string& made) {
        layers_ += fmt::format("        self.{} = {}\n", name, made);
    }
    void tensor(const std::string& layer, const char* name, const Tensor& value) {
        tensors_.emplace_back(layer + "." + name, value);
    }
    // A constant that is no layer's.
    std::string buffer(const Tensor& value, const std::string& module, const std::string& kind) {
        const std::string name = names_.layer(module, kind);
        layers_ +=
            fmt::format("        self.register_buffer(\"{}\", torch.empty({}))\n", name, python_tuple(value.shape()));
        tensors_.emplace_back(name, value);
        return "self." + name;
    }
    std::string operand(std::size_t number) {
        const GraphValue& of = value(number);
        if (!of.constant) return names_.of(number);
        if (of.constant->size() == 1) return python_number((*of.constant)[0]);
        return buffer(*of.constant, of.name, "constant");
    }
    std::vector<std::string> operands(const GraphNode& node) {
        std::vector<std::string> all;
        for (const std::size_t input : node.inputs) all.push_back(operand(input));
        return all;
    }

    static std::string leaky(const std::string& x, double slope) {
        return slope == 0.0 ? fmt::format("F.relu({})", x)
                            : fmt::format("F.leaky_relu({}, {})", x, python_number(slope));
    }
    static std::string activated(const std::string& x, double slope) { return slope == 1.0 ? x : leaky(x, slope); }

    // ---- layers

    std::string settings(const Conv2DForm& form, const std::vector<Index>& padding, const std::string& more,
                         bool bias) const {
        const auto pair = [](const char* name, const std::vector<Index>& numbers, Index by_default) {
            const std::string text = python_tuple(numbers, /*one=*/true);
            return text == fmt::format("{}", by_default) ? "" : fmt::format(", {}={}", name, text);
        };
        return fmt::format("kernel_size={}{}{}{}{}{}{}", python_tuple({form.height.kernel, form.width.kernel}, true),
                           pair("stride", {form.height.stride, form.width.stride}, 1), pair("padding", padding, 0),
                           more, pair("dilation", {form.height.dilation, form.width.dilation}, 1),
                           form.groups == 1 ? "" : fmt::format(", groups={}", form.groups), bias ? "" : ", bias=False");
    }

    // The constants of a layer; refuses what is no constant.
    const Tensor& constant(const GraphNode& node, std::size_t input) const {
        if (!value(node.inputs[input]).constant) refuse(node);
        return *value(node.inputs[input]).constant;
    }

    void finish_convolution(const GraphNode& node, const std::string& kind, const std::string& made,
                            const std::string& before, const std::string& after) {
        const std::string name = names_.layer(node.module, kind);
        layer(name, made);
        tensor(name, "weight", constant(node, 1));
        if (node.inputs.size() == 3) tensor(name, "bias", constant(node, 2));
        const std::string sum = fmt::format("self.{}({})", name, before);
        step(node,
             activated(after.empty() ? sum : fmt::format("F.pad({}, {})", sum, after), option<double>(node, "slope")));
    }

    void write_convolution(const GraphNode& node) {
        const auto& form = option<Conv2DForm>(node, "form");
        const bool symmetric = form.height.pad_before == form.height.pad_after &&
                               form.width.pad_before == form.width.pad_after && form.height.pad_before >= 0 &&
                               form.width.pad_before >= 0;
        const std::vector<Index> padding = {symmetric ? form.height.pad_before : 0,
                                            symmetric ? form.width.pad_before : 0};
        const std::string x = operand(node.inputs[0]);
        const std::string padded =
            python_tuple({form.width.pad_before, form.width.pad_after, form.height.pad_before, form.height.pad_after});
        finish_convolution(node, "conv",
                           fmt::format("nn.Conv2d({}, {}, {})", form.channels, form.filters,
                                       settings(form, padding, "", node.inputs.size() == 3)),
                           symmetric ? x : fmt::format("F.pad({}, {})", x, padded), "");
    }

    // With padding p on both sides PyTorch's output has reach − 2·p + output_padding pixels. Where the padding differs
    // from side to side that may need an output_padding that there is not; then what is too much is cut off.
    void write_transposed(const GraphNode& node) {
        const auto& form = option<Conv2DForm>(node, "form");
        const auto beyond = [](const ConvAxis& axis) { return axis.image + 2 * axis.pad_before - axis.reach(); };
        const auto sayable = [&](const ConvAxis& axis) {
            return axis.pad_before >= 0 && beyond(axis) >= 0 && beyond(axis) < std::max(axis.stride, axis.dilation);
        };
        const bool direct = sayable(form.height) && sayable(form.width);
        const auto cut_after = [](const ConvAxis& axis) { return axis.image - axis.reach() + axis.pad_before; };
        if (!direct && std::max({cut_after(form.height), cut_after(form.width), -form.height.pad_before,
                                 -form.width.pad_before}) > 0)
            refuse(node);
        const std::vector<Index> padding = {direct ? form.height.pad_before : 0, direct ? form.width.pad_before : 0};
        const std::vector<Index> more = {direct ? beyond(form.height) : 0, direct ? beyond(form.width) : 0};
        const std::string output_padding =
            more == std::vector<Index>{0, 0} ? "" : ", output_padding=" + python_tuple(more, true);
        const std::string cut = python_tuple(
            {-form.width.pad_before, cut_after(form.width), -form.height.pad_before, cut_after(form.height)});
        finish_convolution(node, "conv",
                           fmt::format("nn.ConvTranspose2d({}, {}, {})", form.filters, form.channels,
                                       settings(form, padding, output_padding, node.inputs.size() == 3)),
                           operand(node.inputs[0]), direct ? "" : cut);
    }

    void write_normalization(const GraphNode& node) {
        const auto& options = option<BatchNormalizeOptions>(node, "options");
        const std::size_t rank = value(node.inputs[0]).shape.size();
        if (rank != 2 && rank != 4) refuse(node);
        const std::string name = names_.layer(node.module, "norm");
        layer(name, fmt::format("nn.BatchNorm{}({}{})", rank == 4 ? "2d" : "1d", constant(node, 1).size(),
                                options.epsilon == 1e-5 ? "" : ", eps=" + python_number(options.epsilon)));
        const std::array parts = {"weight", "bias", "running_mean", "running_var"};
        for (std::size_t i = 0; i < parts.size(); ++i) tensor(name, parts[i], constant(node, i + 1));
        step(node, activated(fmt::format("self.{}({})", name, operand(node.inputs[0])), options.activation.slope));
    }

    void write_linear(const GraphNode& node) {
        const Tensor& w = constant(node, 1);
        const std::string name = names_.layer(node.module, "linear");
        layer(name, fmt::format("nn.Linear({}, {}{})", w.extent(0), w.extent(1),
                                node.inputs.size() == 3 ? "" : ", bias=False"));
        tensor(name, "weight", transpose(w).value());
        if (node.inputs.size() == 3) tensor(name, "bias", constant(node, 2));
        step(node, fmt::format("self.{}({})", name, operand(node.inputs[0])));
    }

    // ---- functions

    void write_pooling(const GraphNode& node) {
        const auto& [height, width] = [&] {
            const auto& form = option<Conv2DForm>(node, "form");
            return std::pair(form.height, form.width);
        }();
        if (height.pad_before != height.pad_after || width.pad_before != width.pad_after) refuse(node);
        step(node, fmt::format("F.max_pool2d({}, {}, stride={}, padding={}, dilation={})", operand(node.inputs[0]),
                               python_tuple({height.kernel, width.kernel}, true),
                               python_tuple({height.stride, width.stride}, true),
                               python_tuple({height.pad_before, width.pad_before}, true),
                               python_tuple({height.dilation, width.dilation}, true)));
    }

    void write_matmul(const GraphNode& node) {
        const auto& options = option<MatmulOptions>(node, "options");
        const auto turned = [](const std::string& x, bool transposed) { return transposed ? x + ".mT" : x; };
        step(node, fmt::format("{} @ {}", turned(operand(node.inputs[0]), options.transpose_a),
                               turned(operand(node.inputs[1]), options.transpose_b)));
    }

    // y = M·x along the last axis but one, or x·Mᵀ along the last.
    void write_matrix(const GraphNode& node) {
        const Index axis = option<Index>(node, "axis"), rank = std::ssize(value(node.output).shape);
        const std::string m = buffer(option<SparseMatrix>(node, "matrix").dense(), node.module, "matrix"),
                          x = operand(node.inputs[0]);
        if (axis != rank - 2 && axis != rank - 1) refuse(node);
        step(node, axis == rank - 2 ? fmt::format("{} @ {}", m, x) : fmt::format("{} @ {}.mT", x, m));
    }

    void write_reshape(const GraphNode& node, const std::string& x) {
        const Shape& shape = value(node.output).shape;
        if (std::ranges::count(shape, GraphValue::batch) > 1) refuse(node);
        step(node, fmt::format("{}.reshape{}", x, python_tuple(shape)));
    }

    void write_pad(const GraphNode& node, const std::string& x) {
        const auto& [axis, before, after] = option<Margin>(node, "margin");
        std::vector<Index> pads(2 * static_cast<std::size_t>(std::ssize(value(node.output).shape) - axis));
        pads[pads.size() - 2] = before;
        pads[pads.size() - 1] = after;
        step(node, fmt::format("F.pad({}, {})", x, python_tuple(pads)));
    }

    void write_power(const GraphNode& node, const std::string& x) {
        step(node,
             fmt::format("{} ** {}", x,
                         node.inputs.size() == 2 ? operand(node.inputs[1]) : python_number(option<double>(node, "p"))));
    }

    void write_reduction(const GraphNode& node, const std::string& x) {
        const auto& axes = option<std::vector<Index>>(node, "axes");
        const bool kept = value(node.output).shape.size() == value(node.inputs[0]).shape.size();
        const std::string_view name = node.call.name;
        step(node, fmt::format("{}.{}(dim={}, keepdim={})", x,
                               name == "max"   ? "amax"
                               : name == "min" ? "amin"
                                               : name,
                               python_tuple(axes), kept ? "True" : "False"));
    }

    const Graph& graph_;
    PythonNames names_;
    std::string layers_, steps_;
    NamedTensors tensors_;
};

}  // namespace

PythonProgram pytorch_program(const Graph& graph, const std::string& name, const std::string& description) {
    return Writer(graph).program(name, description);
}

}  // namespace adjoint
