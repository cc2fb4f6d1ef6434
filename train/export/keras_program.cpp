#include "train/export/keras_program.h"

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
        Shape item = graph_.value(graph_.input).shape;
        item.erase(item.begin());
        const std::string text = fmt::format(
            "\"\"\"{}\"\"\"\nimport keras\nimport numpy\nfrom keras import layers, ops\n\n\n"
            "def build(weights):\n"
            "    inputs = {} = keras.Input({})\n{}"
            "    model = keras.Model(inputs, {}, name=\"{}\")\n"
            "    for layer in model.layers:\n"
            "        names = sorted(name for name in weights if name.startswith(layer.name + \".\"))\n"
            "        if names:\n"
            "            layer.set_weights([weights[name] for name in names])\n"
            "    return model\n\n\n"
            "def load(file):\n    return build(numpy.load(file))\n",
            description, input, python_tuple(item), steps_, names_.of(graph_.output), name);
        return {text, std::move(tensors_)};
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
            return step(node, fmt::format("ops.elu({}, {})", x, python_number(option<double>(node, "alpha"))));
        if (name == "gelu") return step(node, fmt::format("ops.gelu({}, approximate=False)", x));
        if (name == "log_softmax")
            return step(node, fmt::format("ops.log_softmax({}, axis={})", x, option<Index>(node, "axis")));
        if (name == "concatenate")
            return step(node, fmt::format("ops.concatenate([{}], axis={})", fmt::join(operands(node), ", "),
                                          option<Index>(node, "axis")));
        if (name == "transpose")
            return step(
                node, fmt::format("ops.transpose({}, {})", x, python_tuple(option<std::vector<Index>>(node, "axes"))));
        if (name == "reshape") return write_reshape(node, x);
        if (name == "slice") return write_slice(node, x);
        if (name == "pad") return write_pad(node, x);
        if (name == "standardize") {
            const std::string along = python_tuple(option<std::vector<Index>>(node, "axes"));
            return step(node, fmt::format("({0} - ops.mean({0}, {1}, keepdims=True)) / ops.sqrt(ops.var({0}, {1}, "
                                          "keepdims=True) + {2})",
                                          x, along, python_number(option<double>(node, "epsilon"))));
        }
        if (name == "power") return write_power(node, x);
        if (name == "sum" || name == "mean" || name == "max" || name == "min") return write_reduction(node, x);
        refuse(node);
    }

    static const std::map<std::string_view, const char*>& functions() {
        static const std::map<std::string_view, const char*> names = {
            {"relu", "ops.relu"},       {"tanh", "ops.tanh"},      {"sigmoid", "ops.sigmoid"},
            {"exp", "ops.exp"},         {"log", "ops.log"},        {"sqrt", "ops.sqrt"},
            {"abs", "ops.abs"},         {"erf", "ops.erf"},        {"sin", "ops.sin"},
            {"cos", "ops.cos"},         {"expm1", "ops.expm1"},    {"softplus", "ops.softplus"},
            {"maximum", "ops.maximum"}, {"minimum", "ops.minimum"}};
        return names;
    }
    static const std::map<std::string_view, const char*>& operators() {
        static const std::map<std::string_view, const char*> signs = {
            {"add", "+"}, {"subtract", "-"}, {"multiply", "*"}, {"divide", "/"}};
        return signs;
    }

    [[noreturn]] static void refuse(const GraphNode& node) {
        throw Error(fmt::format("export: Keras cannot say {}{}", node.call.name,
                                node.module.empty() ? "" : ", in " + node.module));
    }
    template <class T>
    static const T& option(const GraphNode& node, const char* name) {
        const T* const value = node.call.option<T>(name);
        if (value == nullptr) refuse(node);
        return *value;
    }
    const GraphValue& value(std::size_t number) const { return graph_.value(number); }
    const Tensor& constant(const GraphNode& node, std::size_t input) const {
        if (!value(node.inputs[input]).constant) refuse(node);
        return *value(node.inputs[input]).constant;
    }

    // ---- statements

    void step(const GraphNode& node, const std::string& expression) {
        steps_ += fmt::format("    {} = {}\n", names_.of(node.output), expression);
    }
    // The weights of a layer, which it takes in their order.
    void weights(const std::string& layer, const std::vector<std::pair<const char*, Tensor>>& tensors) {
        for (std::size_t i = 0; i < tensors.size(); ++i)
            tensors_.emplace_back(fmt::format("{}.{}_{}", layer, i, tensors[i].first), tensors[i].second);
    }
    std::string buffer(const Tensor& value, const std::string& module, const std::string& kind) {
        const std::string name = names_.layer(module, kind);
        tensors_.emplace_back(name, value);
        return fmt::format("weights[\"{}\"]", name);
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
        return slope == 0.0 ? fmt::format("ops.relu({})", x)
                            : fmt::format("ops.leaky_relu({}, {})", x, python_number(slope));
    }
    static std::string activated(const std::string& x, double slope) { return slope == 1.0 ? x : leaky(x, slope); }

    // ---- layers

    // Bias, x and w stand in the order in which the convolution recorded them.
    void finish_convolution(const GraphNode& node, const std::string& kind, const std::string& made,
                            const Sides& before, const Sides& after) {
        const std::size_t first = node.inputs.size() - 2;
        const std::string name = names_.layer(node.module, kind);
        std::vector<std::pair<const char*, Tensor>> tensors = {{"kernel", constant(node, first + 1)}};
        if (first == 1) tensors.emplace_back("bias", constant(node, 0));
        weights(name, tensors);
        const std::string x = bordered(operand(node.inputs[first]), before);
        const std::string sum =
            fmt::format("layers.{}, use_bias={}, name=\"{}\")({})", made, first == 1 ? "True" : "False", name, x);
        step(node, activated(bordered(sum, after), option<double>(node, "slope")));
    }

    // x with rows and columns of zeros around it, and without those of negative numbers.
    static std::string bordered(std::string x, const Sides& sides) {
        const auto with = [&](const char* layer, auto part) {
            const std::array numbers = {part(sides.top), part(sides.bottom), part(sides.left), part(sides.right)};
            if (std::ranges::any_of(numbers, [](Index n) { return n > 0; }))
                x = fmt::format("layers.{}((({}, {}), ({}, {})))({})", layer, numbers[0], numbers[1], numbers[2],
                                numbers[3], x);
        };
        with("ZeroPadding2D", [](Index n) { return std::max<Index>(n, 0); });
        with("Cropping2D", [](Index n) { return std::max<Index>(-n, 0); });
        return x;
    }

    static std::string sizes(const Conv2DForm& form) {
        const auto pair = [](const char* name, const std::vector<Index>& numbers) {
            const std::string text = python_tuple(numbers, /*one=*/true);
            return text == "1" ? "" : fmt::format(", {}={}", name, text);
        };
        return fmt::format("{}{}{}{}", python_tuple({form.height.kernel, form.width.kernel}, true),
                           pair("strides", {form.height.stride, form.width.stride}),
                           pair("dilation_rate", {form.height.dilation, form.width.dilation}),
                           form.groups == 1 ? "" : fmt::format(", groups={}", form.groups));
    }

    void write_convolution(const GraphNode& node) {
        const auto& form = option<Conv2DForm>(node, "form");
        finish_convolution(node, "conv", fmt::format("Conv2D({}, {}", form.filters, sizes(form)),
                           {form.height.pad_before, form.width.pad_before, form.height.pad_after, form.width.pad_after},
                           {});
    }

    // All pixels that some tap leads to, and from these what the form has.
    void write_transposed(const GraphNode& node) {
        const auto& form = option<Conv2DForm>(node, "form");
        if (form.groups != 1) refuse(node);
        const auto beyond = [](const ConvAxis& axis) {
            return axis.image + axis.pad_before + axis.pad_after - axis.reach();
        };
        const bool more = beyond(form.height) + beyond(form.width) > 0 || form.height.span() < form.height.stride ||
                          form.width.span() < form.width.stride;
        const std::string output_padding =
            more ? fmt::format(", output_padding={}", python_tuple({beyond(form.height), beyond(form.width)})) : "";
        finish_convolution(
            node, "conv", fmt::format("Conv2DTranspose({}, {}{}", form.channels, sizes(form), output_padding), {},
            {-form.height.pad_before, -form.width.pad_before, -form.height.pad_after, -form.width.pad_after});
    }

    void write_normalization(const GraphNode& node) {
        const auto& options = option<BatchNormalizeOptions>(node, "options");
        const std::string name = names_.layer(node.module, "norm");
        weights(name, {{"gamma", constant(node, 1)},
                       {"beta", constant(node, 2)},
                       {"moving_mean", constant(node, 3)},
                       {"moving_variance", constant(node, 4)}});
        step(node, activated(fmt::format("layers.BatchNormalization(epsilon={}, name=\"{}\")({})",
                                         python_number(options.epsilon), name, operand(node.inputs[0])),
                             options.activation.slope));
    }

    void write_linear(const GraphNode& node) {
        const bool bias = node.inputs.size() == 3;
        const std::string name = names_.layer(node.module, "dense");
        std::vector<std::pair<const char*, Tensor>> tensors = {{"kernel", constant(node, 1)}};
        if (bias) tensors.emplace_back("bias", constant(node, 2));
        weights(name, tensors);
        step(node, fmt::format("layers.Dense({}{}, name=\"{}\")({})", constant(node, 1).extent(1),
                               bias ? "" : ", use_bias=False", name, operand(node.inputs[0])));
    }

    // ---- functions

    void write_pooling(const GraphNode& node) {
        const auto& form = option<Conv2DForm>(node, "form");
        const Sides pads = {form.height.pad_before, form.width.pad_before, form.height.pad_after, form.width.pad_after};
        if (pads.top != 0 || pads.left != 0 || pads.bottom != 0 || pads.right != 0 || form.height.dilation != 1 ||
            form.width.dilation != 1)
            refuse(node);
        step(node, fmt::format("layers.MaxPooling2D({}, strides={})({})",
                               python_tuple({form.height.kernel, form.width.kernel}, true),
                               python_tuple({form.height.stride, form.width.stride}, true), operand(node.inputs[0])));
    }

    void write_matmul(const GraphNode& node) {
        const auto& options = option<MatmulOptions>(node, "options");
        const auto turned = [](const std::string& x, bool transposed) {
            return transposed ? fmt::format("ops.swapaxes({}, -1, -2)", x) : x;
        };
        step(node, fmt::format("ops.matmul({}, {})", turned(operand(node.inputs[0]), options.transpose_a),
                               turned(operand(node.inputs[1]), options.transpose_b)));
    }

    void write_matrix(const GraphNode& node) {
        const Index axis = option<Index>(node, "axis"), rank = std::ssize(value(node.output).shape);
        const std::string letters = "abcdefgh", x = letters.substr(0, static_cast<std::size_t>(rank));
        std::string y = x;
        y[static_cast<std::size_t>(axis)] = 'y';
        step(node, fmt::format("ops.einsum(\"y{},{}->{}\", {}, {})", x[static_cast<std::size_t>(axis)], x, y,
                               buffer(option<SparseMatrix>(node, "matrix").dense(), node.module, "matrix"),
                               operand(node.inputs[0])));
    }

    void write_reshape(const GraphNode& node, const std::string& x) {
        const Shape& shape = value(node.output).shape;
        if (std::ranges::count(shape, GraphValue::batch) > 1) refuse(node);
        step(node, fmt::format("ops.reshape({}, {})", x, python_tuple(shape)));
    }

    void write_slice(const GraphNode& node, const std::string& x) {
        const auto& [axis, begin, end] = option<Slice>(node, "range");
        std::string before;
        for (Index each = 0; each < axis; ++each) before += ":, ";
        step(node, fmt::format("{}[{}{}:{}]", x, before, begin, end));
    }

    void write_pad(const GraphNode& node, const std::string& x) {
        const auto& [axis, before, after] = option<Margin>(node, "margin");
        std::vector<std::string> pads(value(node.output).shape.size(), "(0, 0)");
        pads[static_cast<std::size_t>(axis)] = fmt::format("({}, {})", before, after);
        step(node, fmt::format("ops.pad({}, ({}))", x, fmt::join(pads, ", ")));
    }

    void write_power(const GraphNode& node, const std::string& x) {
        step(node,
             fmt::format("{} ** {}", x,
                         node.inputs.size() == 2 ? operand(node.inputs[1]) : python_number(option<double>(node, "p"))));
    }

    void write_reduction(const GraphNode& node, const std::string& x) {
        const bool kept = value(node.output).shape.size() == value(node.inputs[0]).shape.size();
        step(node, fmt::format("ops.{}({}, axis={}, keepdims={})", node.call.name, x,
                               python_tuple(option<std::vector<Index>>(node, "axes")), kept ? "True" : "False"));
    }

    const Graph& graph_;
    PythonNames names_;
    std::string steps_;
    NamedTensors tensors_;
};

}  // namespace

PythonProgram keras_program(const Graph& graph, const std::string& name, const std::string& description) {
    return Writer(graph).program(name, description);
}

}  // namespace adjoint
