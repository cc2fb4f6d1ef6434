#include "train/exchange/python_writer.h"

#include <algorithm>
#include <cmath>

namespace adjoint {

PythonNames::PythonNames(const Graph& graph) : names_(graph.values.size()) {
    std::vector<std::size_t> last(graph.values.size());  // the node that takes a value last, counted from 1
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        for (const std::size_t input : graph.nodes[n].inputs) last[input] = n + 1;
    last[graph.output] = graph.nodes.size() + 1;
    names_[graph.input] = fresh();
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        for (const std::size_t input : graph.nodes[n].inputs)
            if (last[input] == n + 1) taken_.erase(names_[input]);
        names_[graph.nodes[n].output] = fresh();
    }
}

std::string PythonNames::fresh() {
    std::string name = "x";
    for (int more = 1; !taken_.insert(name).second; ++more) name = fmt::format("x{}", more);
    return name;
}

std::string python_tuple(const std::vector<Index>& numbers, bool one) {
    const bool same = std::ranges::adjacent_find(numbers, std::not_equal_to<>{}) == numbers.end();
    if (one && same) return fmt::format("{}", numbers[0]);
    return fmt::format("({}{})", fmt::join(numbers, ", "), numbers.size() == 1 ? "," : "");
}

std::string python_number(double number) {
    return std::isfinite(number) ? fmt::format("{}", number) : fmt::format("float(\"{}\")", number);
}

std::string python_argument(const char* name, const std::vector<Index>& numbers, Index by_default) {
    const std::string text = python_tuple(numbers, /*one=*/true);
    return text == fmt::format("{}", by_default) ? "" : fmt::format(", {}={}", name, text);
}

void PythonWriter::write_all() {
    for (const GraphNode& node : graph_.nodes)
        if (!write_function(node)) write(node);
}

void PythonWriter::write(const GraphNode& node) {
    static const std::map<std::string_view, void (PythonWriter::*)(const GraphNode&)> writers = {
        {"conv2d", &PythonWriter::write_convolution},
        {"conv2d_input_gradient", &PythonWriter::write_transposed},
        {"normalize_by", &PythonWriter::write_normalization},
        {"linear", &PythonWriter::write_linear},
        {"max_pool2d", &PythonWriter::write_pooling},
        {"matmul", &PythonWriter::write_matmul},
        {"multiply_along", &PythonWriter::write_matrix}};
    const auto writer = writers.find(node.call.name);
    writer != writers.end() ? (this->*writer->second)(node) : write_other(node);
}

bool PythonWriter::write_function(const GraphNode& node) {
    static const std::map<std::string_view, const char*> signs = {
        {"add", "+"}, {"subtract", "-"}, {"multiply", "*"}, {"divide", "/"}, {"power", "**"}};
    static const std::map<std::string_view, const char*> numbers = {
        {"leaky_relu", "slope"}, {"elu", "alpha"}, {"power", "p"}};  // the one that an operation is told
    const auto sign = signs.find(node.call.name);
    const auto function = functions_.find(node.call.name);
    if (sign == signs.end() && function == functions_.end()) return false;
    std::vector<std::string> arguments = operands(node);
    if (const auto told = numbers.find(node.call.name); told != numbers.end() && arguments.size() == 1)
        arguments.push_back(python_number(option<double>(node, told->second)));
    step(node, sign != signs.end() ? fmt::format("{} {} {}", arguments[0], sign->second, arguments[1])
                                   : fmt::format("{}({})", function->second, fmt::join(arguments, ", ")));
    return true;
}

std::string PythonWriter::operand(const GraphNode& node, std::size_t input) {
    const GraphValue& value = graph_.value(node.inputs[input]);
    if (!value.constant) return names_.of(node.inputs[input]);
    if (value.constant->size() > 1 || !value.name.empty()) return buffer(*value.constant, value.name, "constant");
    const double number = (*value.constant)[0];
    return number < 0 ? fmt::format("({})", python_number(number)) : python_number(number);
}

std::vector<std::string> PythonWriter::operands(const GraphNode& node) {
    std::vector<std::string> all;
    for (std::size_t input = 0; input < node.inputs.size(); ++input) all.push_back(operand(node, input));
    return all;
}

std::string PythonWriter::activated(const std::string& x, double slope) const {
    if (slope == 1.0) return x;
    if (slope == 0.0) return fmt::format("{}({})", functions_.at("relu"), x);
    return fmt::format("{}({}, {})", functions_.at("leaky_relu"), x, python_number(slope));
}

std::string PythonWriter::layer_name(const std::string& module, const std::string& kind) {
    std::string wish = module.empty() ? kind : module;
    std::ranges::replace(wish, '.', '_');
    return layers_(wish);
}

}  // namespace adjoint
