#include "train/exchange/keras_program.h"

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
        : PythonWriter(graph, "Keras", "    ",
                       {{"relu", "ops.relu"},
                        {"leaky_relu", "ops.leaky_relu"},
                        {"elu", "ops.elu"},
                        {"softplus", "ops.softplus"},
                        {"tanh", "ops.tanh"},
                        {"sigmoid", "ops.sigmoid"},
                        {"exp", "ops.exp"},
                        {"expm1", "ops.expm1"},
                        {"log", "ops.log"},
                        {"sqrt", "ops.sqrt"},
                        {"abs", "ops.abs"},
                        {"erf", "ops.erf"},
                        {"sin", "ops.sin"},
                        {"cos", "ops.cos"},
                        {"negate", "ops.negative"},
                        {"maximum", "ops.maximum"},
                        {"minimum", "ops.minimum"}}) {}

    PythonProgram program(const std::string& name, const std::string& description) && {
        write_all();
        const std::string& input = names_.of(graph_.input);
        Shape item = shape(graph_.input);
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
    void write_other(const GraphNode& node) override {
        const std::string_view name = node.call.name;
        if (name == "concatenate")
            return step(node, fmt::format("ops.concatenate([{}], axis={})", fmt::join(operands(node), ", "),
                                          option<Index>(node, "axis")));
        const std::string x = operand(node);
        if (name == "gelu") return step(node, fmt::format("ops.gelu({}, approximate=False)", x));
        if (name == "log_softmax")
            return step(node, fmt::format("ops.log_softmax({}, axis={})", x, option<Index>(node, "axis")));
        if (name == "transpose")
            return step(
                node, fmt::format("ops.transpose({}, {})", x, python_tuple(option<std::vector<Index>>(node, "axes"))));
        if (name == "reshape")
            return step(node, fmt::format("ops.reshape({}, {})", x, python_tuple(shape_with_one_free(node))));
        if (name == "slice") return write_slice(node, x);
        if (name == "pad") return write_pad(node, x);
        if (name == "standardize") {
            const std::string along = python_tuple(option<std::vector<Index>>(node, "axes"));
            return step(node, fmt::format("({0} - ops.mean({0}, {1}, keepdims=True)) / ops.sqrt(ops.var({0}, {1}, "
                                          "keepdims=True) + {2})",
                                          x, along, python_number(option<double>(node, "epsilon"))));
        }
        if (name == "sum" || name == "mean" || name == "max" || name == "min") return write_reduction(node, x);
        refuse(node);
    }

    // ---- statements

    // The weights of a layer, which it takes in their order.
    void weights(const std::string& layer, const std::vector<std::pair<const char*, Tensor>>& tensors) {
        for (std::size_t i = 0; i < tensors.size(); ++i)
            tensors_.emplace_back(fmt::format("{}.{}_{}", layer, i, tensors[i].first), tensors[i].second);
    }
    // That of a layer with a kernel, and a bias where it has one.
    void weights(const std::string& layer, const GraphNode& node) {
        std::vector<std::pair<const char*, Tensor>> tensors = {{"kernel", constant(node, 1)}};
        if (node.inputs.size() == 3) tensors.emplace_back("bias", constant(node, 2));
        weights(layer, tensors);
    }
    std::string buffer(const Tensor& value, const std::string& module, const std::string& kind) override {
        const std::string name = layer_name(module, kind);
        tensors_.emplace_back(name, value);
        return fmt::format("weights[\"{}\"]", name);
    }

    // ---- layers

    void finish_convolution(const GraphNode& node, const std::string& made, const Sides& before, const Sides& after) {
        const std::string name = layer_name(node.module, "conv");
        weights(name, node);
        const std::string sum = fmt::format("layers.{}{}, name=\"{}\")({})", made, without_bias(node), name,
                                            bordered(operand(node), before));
        step(node, activated(bordered(sum, after), option<double>(node, "slope")));
    }
    static const char* without_bias(const GraphNode& node) { return node.inputs.size() == 3 ? "" : ", use_bias=False"; }

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
        return fmt::format("{}{}{}{}", python_tuple({form.height.kernel, form.width.kernel}, true),
                           python_argument("strides", {form.height.stride, form.width.stride}, 1),
                           python_argument("dilation_rate", {form.height.dilation, form.width.dilation}, 1),
                           python_argument("groups", {form.groups}, 1));
    }

    void write_convolution(const GraphNode& node) override {
        const auto& form = option<Conv2DForm>(node, "form");
        finish_convolution(node, fmt::format("Conv2D({}, {}", form.filters, sizes(form)), form.pads(), {});
    }

    // All pixels that some tap leads to, and from these what the form has.
    void write_transposed(const GraphNode& node) override {
        const auto& form = option<Conv2DForm>(node, "form");
        if (form.groups != 1) refuse(node);
        const std::vector<Index> beyond = {form.height.beyond(), form.width.beyond()};
        // Without it Keras makes at least a stride of pixels for each.
        const bool needed = beyond != std::vector<Index>{0, 0} || form.height.span() < form.height.stride ||
                            form.width.span() < form.width.stride;
        const std::string output_padding = needed ? ", output_padding=" + python_tuple(beyond) : "";
        const auto [top, left, bottom, right] = form.pads();
        finish_convolution(node, fmt::format("Conv2DTranspose({}, {}{}", form.channels, sizes(form), output_padding),
                           {}, {-top, -left, -bottom, -right});
    }

    void write_normalization(const GraphNode& node) override {
        const auto& options = option<BatchNormalizeOptions>(node, "options");
        const std::string name = layer_name(node.module, "norm");
        weights(name, {{"gamma", constant(node, 1)},
                       {"beta", constant(node, 2)},
                       {"moving_mean", constant(node, 3)},
                       {"moving_variance", constant(node, 4)}});
        step(node, activated(fmt::format("layers.BatchNormalization(epsilon={}, name=\"{}\")({})",
                                         python_number(options.epsilon), name, operand(node)),
                             options.activation.slope));
    }

    void write_linear(const GraphNode& node) override {
        const std::string name = layer_name(node.module, "dense");
        weights(name, node);
        step(node, fmt::format("layers.Dense({}{}, name=\"{}\")({})", constant(node, 1).extent(1), without_bias(node),
                               name, operand(node)));
    }

    // ---- functions

    void write_pooling(const GraphNode& node) override {
        const auto& form = option<Conv2DForm>(node, "form");
        const auto [top, left, bottom, right] = form.pads();
        const bool padded = top != 0 || left != 0 || bottom != 0 || right != 0;
        if (padded || form.height.dilation != 1 || form.width.dilation != 1) refuse(node);
        step(node, fmt::format("layers.MaxPooling2D({}, strides={})({})",
                               python_tuple({form.height.kernel, form.width.kernel}, true),
                               python_tuple({form.height.stride, form.width.stride}, true), operand(node)));
    }

    void write_matmul(const GraphNode& node) override {
        const auto& options = option<MatmulOptions>(node, "options");
        const auto turned = [](const std::string& x, bool transposed) {
            return transposed ? fmt::format("ops.swapaxes({}, -1, -2)", x) : x;
        };
        step(node, fmt::format("ops.matmul({}, {})", turned(operand(node), options.transpose_a),
                               turned(operand(node, 1), options.transpose_b)));
    }

    void write_matrix(const GraphNode& node) override {
        const Index axis = option<Index>(node, "axis"), rank = std::ssize(shape(node.output));
        const std::string letters = "abcdefgh", x = letters.substr(0, static_cast<std::size_t>(rank));
        std::string y = x;
        y[static_cast<std::size_t>(axis)] = 'y';
        step(node,
             fmt::format("ops.einsum(\"y{},{}->{}\", {}, {})", x[static_cast<std::size_t>(axis)], x, y,
                         buffer(option<SparseMatrix>(node, "matrix").dense(), node.module, "matrix"), operand(node)));
    }

    void write_slice(const GraphNode& node, const std::string& x) {
        const auto& [axis, begin, end] = option<Slice>(node, "range");
        std::string before;
        for (Index each = 0; each < axis; ++each) before += ":, ";
        step(node, fmt::format("{}[{}{}:{}]", x, before, begin, end));
    }

    void write_pad(const GraphNode& node, const std::string& x) {
        const auto& [axis, before, after] = option<Margin>(node, "margin");
        std::vector<std::string> pads(shape(node.output).size(), "(0, 0)");
        pads[static_cast<std::size_t>(axis)] = fmt::format("({}, {})", before, after);
        step(node, fmt::format("ops.pad({}, ({}))", x, fmt::join(pads, ", ")));
    }

    void write_reduction(const GraphNode& node, const std::string& x) {
        step(node,
             fmt::format("ops.{}({}, axis={}, keepdims={})", node.call.name, x,
                         python_tuple(option<std::vector<Index>>(node, "axes")), keeps_axes(node) ? "True" : "False"));
    }
};

}  // namespace

PythonProgram keras_program(const Graph& graph, const std::string& name, const std::string& description) {
    return Writer(graph).program(name, description);
}

}  // namespace adjoint
