#include "train/exchange/graph_text.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/convolution/conv2d_form.h"
#include "framework/ops/batch_normalize.h"
#include "framework/ops/matmul.h"
#include "framework/ops/shape_ops.h"
#include "train/exchange/python_writer.h"

namespace adjoint {
namespace {

std::string shape_text(const Shape& shape) {
    std::string text;
    for (const Index extent : shape) {
        if (!text.empty()) text += ", ";
        text += extent == GraphValue::batch ? "N" : fmt::format("{}", extent);
    }
    return "[" + text + "]";
}

std::string both(Index height, Index width) {
    return height == width ? fmt::format("{}", height) : fmt::format("({}, {})", height, width);
}

std::string activation_text(double slope) {
    if (slope == 1.0) return "";
    return slope == 0.0 ? ", then relu" : fmt::format(", then leaky_relu of slope {}", slope);
}

std::string form_text(const Conv2DForm& form) {
    const ConvAxis &height = form.height, &width = form.width;
    std::string text = fmt::format(", {}x{}", height.kernel, width.kernel);
    const auto unless = [&](const std::string& usual, const char* name, const std::string& value) {
        if (value != usual) text += fmt::format(", {} {}", name, value);
    };
    unless("1", "stride", both(height.stride, width.stride));
    const auto [top, left, bottom, right] = form.pads();
    const bool even = top == bottom && left == right;
    unless("0", "padding",
           even ? both(top, left) : fmt::format("{} {} {} {} from the top to the left", top, right, bottom, left));
    unless("1", "dilation", both(height.dilation, width.dilation));
    unless("1", "groups", fmt::format("{}", form.groups));
    return text;
}

class Text {
  public:
    explicit Text(const Graph& graph) : graph_(graph), names_(graph) {}

    std::string all() const {
        std::string text;
        for (const GraphNode& node : graph_.nodes) text += line(node) + "\n";
        return text;
    }

  private:
    std::string line(const GraphNode& node) const {
        std::vector<std::string> inputs;
        for (const std::size_t input : node.inputs) inputs.push_back(name_of(input));
        const bool transposed = node.call.name == "conv2d_input_gradient";
        return fmt::format("{} = {}({}){}: {}{}", names_.of(node.output),
                           transposed ? "conv2d_transpose" : std::string(node.call.name), fmt::join(inputs, ", "),
                           options_of(node), shape_text(graph_.value(node.output).shape),
                           flattens(node) ? ", rows before columns before channels" : "");
    }

    std::string name_of(std::size_t input) const {
        const GraphValue& value = graph_.value(input);
        if (!value.name.empty()) return value.name;
        if (!value.constant) return names_.of(input);
        return value.constant->size() == 1 ? fmt::format("{}", (*value.constant)[0])
                                           : "a constant " + shape_text(value.shape);
    }

    // Whether images become rows of numbers, or the other way round.
    bool flattens(const GraphNode& node) const {
        return node.call.name == "reshape" &&
               graph_.value(node.output).shape.size() != graph_.value(node.inputs[0]).shape.size();
    }

    static std::string options_of(const GraphNode& node) {
        const OperationCall& call = node.call;
        std::string text;
        if (const auto* form = call.option<Conv2DForm>("form")) text += form_text(*form);
        if (const auto* options = call.option<BatchNormalizeOptions>("options"))
            text += fmt::format(", epsilon {}{}", options->epsilon, activation_text(options->activation.slope));
        if (const auto* slope = call.option<double>("slope")) {
            text += call.name == "leaky_relu" ? fmt::format(", slope {}", *slope) : activation_text(*slope);
        }
        if (const auto* epsilon = call.option<double>("epsilon")) text += fmt::format(", epsilon {}", *epsilon);
        if (const auto* axis = call.option<Index>("axis")) text += fmt::format(", axis {}", *axis);
        if (const auto* axes = call.option<std::vector<Index>>("axes")) text += fmt::format(", axes {}", *axes);
        if (const auto* range = call.option<Slice>("range"))
            text += fmt::format(", {} to {} of axis {}", range->begin, range->end, range->axis);
        if (const auto* margin = call.option<Margin>("margin"))
            text += fmt::format(", {} before and {} behind along axis {}", margin->before, margin->after, margin->axis);
        return text;
    }

    const Graph& graph_;
    PythonNames names_;
};

}  // namespace

std::string text_of(const Graph& graph) { return Text(graph).all(); }

}  // namespace adjoint
