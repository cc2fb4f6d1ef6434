#include "train/exchange/onnx_file.h"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>
#include <numbers>
#include <numeric>

#include "framework/conventions/onnx.h"
#include "framework/ops/batch_normalize.h"
#include "framework/ops/matmul.h"
#include "framework/ops/shape_ops.h"
#include "framework/ops/sparse_matrix.h"
#include "train/exchange/graph_writer.h"
#include "train/exchange/onnx_messages.h"
#include "train/io/element_types.h"

namespace adjoint {
namespace {

using namespace onnx_messages;

std::vector<Index> both(const Size2D& size) { return {size.height, size.width}; }
std::vector<Index> both(const Sides& sides) { return {sides.top, sides.left, sides.bottom, sides.right}; }

// ---- nodes

class Writer : public GraphWriter {
  public:
    explicit Writer(const Graph& graph) : GraphWriter(graph, "ONNX"), names_(graph.values.size()) {
        names_[graph.input] = "input";
        for (const GraphNode& node : graph.nodes) write(node);
    }

    std::string graph(const std::string& name) {
        const std::string result = bytes(GraphField::input, value_info("input", graph_.value(graph_.input).shape)) +
                                   bytes(GraphField::output, value_info("output", graph_.value(graph_.output).shape));
        return bytes(GraphField::name, name) + nodes_ + initializers_ + result;
    }

  private:
    void write(const GraphNode& node) {
        const std::string_view name = node.call.name;
        if (const auto simple = simple_operators().find(name); simple != simple_operators().end())
            return add(node, simple->second);
        if (name == "conv2d" || name == "conv2d_input_gradient") return write_convolution(node, name == "conv2d");
        if (name == "normalize_by") return write_normalization(node);
        if (name == "max_pool2d") return write_pooling(node);
        if (name == "linear") return add(node, "Gemm");
        if (name == "matmul") return write_matmul(node);
        if (name == "multiply_along") return write_matrix(node);
        if (name == "leaky_relu") return add(node, "LeakyRelu", {{"alpha", number(node, "slope")}});
        if (name == "elu") return add(node, "Elu", {{"alpha", number(node, "alpha")}});
        if (name == "log_softmax") return add(node, "LogSoftmax", {{"axis", option<Index>(node, "axis")}});
        if (name == "concatenate") return add(node, "Concat", {{"axis", option<Index>(node, "axis")}});
        if (name == "transpose") return add(node, "Transpose", {{"perm", option<std::vector<Index>>(node, "axes")}});
        if (name == "reshape") return add(node, "Reshape", {}, {integers(shape_with_one_free(node))});
        if (name == "slice") return write_slice(node);
        if (name == "pad") return write_pad(node);
        if (name == "power") return write_power(node);
        if (name == "sum" || name == "mean" || name == "max" || name == "min") return write_reduction(node);
        if (name == "gelu") return write_gelu(node);
        if (name == "standardize") return write_standardized(node);
        refuse(node);
    }

    static const std::map<std::string_view, const char*>& simple_operators() {
        static const std::map<std::string_view, const char*> operators = {
            {"add", "Add"},     {"subtract", "Sub"},    {"multiply", "Mul"},     {"divide", "Div"}, {"maximum", "Max"},
            {"minimum", "Min"}, {"exp", "Exp"},         {"log", "Log"},          {"sqrt", "Sqrt"},  {"abs", "Abs"},
            {"tanh", "Tanh"},   {"sigmoid", "Sigmoid"}, {"erf", "Erf"},          {"relu", "Relu"},  {"negate", "Neg"},
            {"sin", "Sin"},     {"cos", "Cos"},         {"softplus", "Softplus"}};
        return operators;
    }

    float number(const GraphNode& node, const char* name) const {
        return static_cast<float>(option<double>(node, name));
    }

    // ---- names

    std::string name(std::size_t value) {
        std::string& name = names_[value];
        if (!name.empty()) return name;
        const GraphValue& constant = graph_.value(value);
        return name = initializer(*constant.constant, constant.name);
    }

    std::string initializer(const Tensor& value, const std::string& wish = "") {
        const std::string name = fresh_(wish.empty() ? "constant" : wish);
        const Tensor floats = value.cast(DType::float32);
        initializers_ += bytes(GraphField::initializer, tensor(name, floats.shape(), float32_type, bytes_of(floats)));
        return name;
    }
    std::string integers(const std::vector<Index>& numbers) {
        const std::string name = fresh_("integers");
        const std::string_view elements(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Index));
        initializers_ += bytes(GraphField::initializer, tensor(name, {std::ssize(numbers)}, int64_type, elements));
        return name;
    }

    // ---- one node

    std::string emit(const std::string& operation, const std::vector<std::string>& inputs, const std::string& output,
                     const Attributes& attributes = {}) {
        std::string message;
        for (const std::string& input : inputs) message += bytes(Node::input, input);
        message += bytes(Node::output, output) + bytes(Node::name, fresh_(operation)) + bytes(Node::op_type, operation);
        for (const auto& [name, value] : attributes) message += bytes(Node::attribute, attribute(name, value));
        nodes_ += bytes(GraphField::node, message);
        return output;
    }
    // The name of a node's result.
    std::string result(const GraphNode& node) {
        std::string& name = names_[node.output];
        if (name.empty())
            name = node.output == graph_.output ? "output" : fresh_(node.module.empty() ? "value" : node.module);
        return name;
    }
    std::string between(const GraphNode& node) { return fresh_(node.module.empty() ? "value" : node.module); }

    std::vector<std::string> inputs_of(const GraphNode& node) {
        std::vector<std::string> inputs;
        for (const std::size_t input : node.inputs) inputs.push_back(name(input));
        return inputs;
    }
    void add(const GraphNode& node, const char* operation, const Attributes& attributes = {},
             const std::vector<std::string>& more_inputs = {}) {
        std::vector<std::string> inputs = inputs_of(node);
        inputs.insert(inputs.end(), more_inputs.begin(), more_inputs.end());
        emit(operation, inputs, result(node), attributes);
    }
    // A node whose result a rectifier of this slope takes.
    void add_rectified(const GraphNode& node, const char* operation, const std::vector<std::string>& inputs,
                       const Attributes& attributes, double slope) {
        if (slope == 1.0) {
            emit(operation, inputs, result(node), attributes);
        } else {
            const std::string sum = emit(operation, inputs, between(node), attributes);
            if (slope == 0.0) {
                emit("Relu", {sum}, result(node));
            } else {
                emit("LeakyRelu", {sum}, result(node), {{"alpha", static_cast<float>(slope)}});
            }
        }
    }

    // ---- operations

    void write_convolution(const GraphNode& node, bool forward) {
        const auto& form = option<Conv2DForm>(node, "form");
        const auto common = [](const auto& options) -> Attributes {
            return {{"kernel_shape", both(*options.kernel_shape)},
                    {"strides", both(options.strides)},
                    {"pads", both(*options.pads)},
                    {"dilations", both(options.dilations)},
                    {"group", options.group}};
        };
        Attributes attributes;
        if (forward) {
            attributes = common(onnx::conv_options(form));
        } else {
            const onnx::ConvTransposeOptions options = onnx::conv_transpose_options(form);
            attributes = common(options);
            attributes.emplace_back("output_padding", both(options.output_padding));
        }
        add_rectified(node, forward ? "Conv" : "ConvTranspose", inputs_of(node), attributes,
                      option<double>(node, "slope"));
    }

    void write_normalization(const GraphNode& node) {
        const auto& options = option<BatchNormalizeOptions>(node, "options");
        const Index rank = std::ssize(shape(node.inputs[0]));
        if (rank != 2 && rank != 4) refuse(node);
        add_rectified(node, "BatchNormalization", inputs_of(node), {{"epsilon", static_cast<float>(options.epsilon)}},
                      options.activation.slope);
    }

    void write_pooling(const GraphNode& node) {
        const auto& form = option<Conv2DForm>(node, "form");
        const onnx::ConvOptions options = onnx::conv_options(form);
        add(node, "MaxPool",
            {{"kernel_shape", both(*options.kernel_shape)},
             {"strides", both(options.strides)},
             {"pads", both(*options.pads)},
             {"dilations", both(options.dilations)}});
    }

    void write_matmul(const GraphNode& node) {
        const auto& options = option<MatmulOptions>(node, "options");
        std::vector<std::string> inputs = inputs_of(node);
        const std::array transposed = {options.transpose_a, options.transpose_b};
        for (std::size_t i = 0; i < 2; ++i) {
            if (!transposed[i]) continue;
            std::vector<Index> axes(shape(node.inputs[i]).size());
            std::iota(axes.begin(), axes.end(), Index{0});
            std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
            inputs[i] = emit("Transpose", {inputs[i]}, between(node), {{"perm", axes}});
        }
        emit("MatMul", inputs, result(node));
    }

    // y = M·x along the last axis but one, or x·Mᵀ along the last.
    void write_matrix(const GraphNode& node) {
        const Index axis = option<Index>(node, "axis"), rank = std::ssize(shape(node.output));
        const Variable m = option<SparseMatrix>(node, "matrix").dense();
        if (axis == rank - 2) {
            emit("MatMul", {initializer(m.value()), name(node.inputs[0])}, result(node));
        } else if (axis == rank - 1) {
            emit("MatMul", {name(node.inputs[0]), initializer(transpose(m).value())}, result(node));
        } else {
            refuse(node);
        }
    }

    void write_slice(const GraphNode& node) {
        const auto& [axis, begin, end] = option<Slice>(node, "range");
        add(node, "Slice", {}, {integers({begin}), integers({end}), integers({axis})});
    }

    void write_pad(const GraphNode& node) {
        const auto& [axis, before, after] = option<Margin>(node, "margin");
        const std::size_t rank = shape(node.output).size();
        std::vector<Index> pads(2 * rank);
        pads[static_cast<std::size_t>(axis)] = before;
        pads[rank + static_cast<std::size_t>(axis)] = after;
        add(node, "Pad", {}, {integers(pads)});
    }

    void write_power(const GraphNode& node) {
        if (node.inputs.size() == 2) return add(node, "Pow");
        add(node, "Pow", {}, {initializer(Tensor({}, {option<double>(node, "p")}))});
    }

    void write_reduction(const GraphNode& node) {
        const std::map<std::string_view, const char*> operators = {
            {"sum", "ReduceSum"}, {"mean", "ReduceMean"}, {"max", "ReduceMax"}, {"min", "ReduceMin"}};
        const auto& axes = option<std::vector<Index>>(node, "axes");
        const Index kept = keeps_axes(node);
        const char* const operation = operators.at(node.call.name);
        if (operation == std::string_view("ReduceSum"))
            return add(node, operation, {{"keepdims", kept}}, {integers(axes)});
        add(node, operation, {{"axes", axes}, {"keepdims", kept}});
    }

    // (x − μ) / √(mean (x − μ)² + ε).
    void write_standardized(const GraphNode& node) {
        const Attributes along = {{"axes", option<std::vector<Index>>(node, "axes")}, {"keepdims", Index{1}}};
        const std::string x = name(node.inputs[0]), mean = emit("ReduceMean", {x}, between(node), along);
        const std::string centred = emit("Sub", {x, mean}, between(node));
        const std::string squares = emit("Mul", {centred, centred}, between(node));
        const std::string variance = emit("ReduceMean", {squares}, between(node), along);
        const std::string epsilon = initializer(Tensor({}, {option<double>(node, "epsilon")}));
        const std::string sum = emit("Add", {variance, epsilon}, between(node));
        emit("Div", {centred, emit("Sqrt", {sum}, between(node))}, result(node));
    }

    // x·(1 + erf(x/√2))/2.
    void write_gelu(const GraphNode& node) {
        const std::string x = name(node.inputs[0]);
        const std::string scaled = emit("Mul", {x, initializer(Tensor({}, {std::numbers::sqrt2 / 2}))}, between(node));
        const std::string erf = emit("Erf", {scaled}, between(node));
        const std::string sum = emit("Add", {erf, initializer(Tensor({}, {1.0}))}, between(node));
        const std::string half = emit("Mul", {x, initializer(Tensor({}, {0.5}))}, between(node));
        emit("Mul", {half, sum}, result(node));
    }

    std::vector<std::string> names_;
    UniqueNames fresh_{{"input", "output"}};
    std::string nodes_, initializers_;
};

}  // namespace

std::string onnx_file(const Graph& graph, const std::string& name, const std::map<std::string, std::string>& metadata) {
    std::string message = whole(Model::ir_version, ir_version) + bytes(Model::producer_name, "adjoint") +
                          bytes(Model::graph, Writer(graph).graph(name)) +
                          bytes(Model::opset_import, whole(OperatorSet::version, operator_set));
    for (const auto& [key, value] : metadata)
        message += bytes(Model::metadata_props, bytes(StringEntry::key, key) + bytes(StringEntry::value, value));
    return message;
}

}  // namespace adjoint
