// Python writer: a graph as a program of one assignment a node. A chain of layers is all x.
#pragma once

#include <map>

#include "train/exchange/graph_writer.h"

namespace adjoint {

struct PythonProgram {
    std::string text;      ///< of model.py
    NamedTensors tensors;  ///< for its weights' file
};

/// What a generated program calls the values of a graph: x, and x1, x2, … where more than one is needed at a time.
class PythonNames {
  public:
    explicit PythonNames(const Graph& graph);

    const std::string& of(std::size_t value) const { return names_[value]; }

  private:
    std::string fresh();

    std::vector<std::string> names_;
    std::set<std::string> taken_;
};

/// Numbers as Python writes a tuple, or one number where all are the same and `one` may stand for all.
std::string python_tuple(const std::vector<Index>& numbers, bool one = false);
/// The number that Python reads as this one.
std::string python_number(double number);
/// `, name=numbers`, or nothing where that is the default.
std::string python_argument(const char* name, const std::vector<Index>& numbers, Index by_default);

/// Writes what both languages say alike: functions, under their names there, and signs.
class PythonWriter : protected GraphWriter {
  protected:
    /// For operations that are called the same but for a name: relu is F.relu, or ops.relu.
    using Functions = std::map<std::string_view, std::string>;

    PythonWriter(const Graph& graph, const char* language, const char* indent, Functions functions)
        : GraphWriter(graph, language), names_(graph), indent_(indent), functions_(std::move(functions)) {}
    virtual ~PythonWriter() = default;

    void write_all();
    /// What the languages say each in its way: conv2d, conv2d_input_gradient, normalize_by, linear, max_pool2d, matmul,
    /// multiply_along, and whatever else there is.
    virtual void write_convolution(const GraphNode& node) = 0;
    virtual void write_transposed(const GraphNode& node) = 0;
    virtual void write_normalization(const GraphNode& node) = 0;
    virtual void write_linear(const GraphNode& node) = 0;
    virtual void write_pooling(const GraphNode& node) = 0;
    virtual void write_matmul(const GraphNode& node) = 0;
    virtual void write_matrix(const GraphNode& node) = 0;
    virtual void write_other(const GraphNode& node) = 0;
    /// How the program reaches a constant that is no layer's.
    virtual std::string buffer(const Tensor& value, const std::string& module, const std::string& kind) = 0;

    void step(const GraphNode& node, const std::string& expression) {
        steps_ += fmt::format("{}{} = {}\n", indent_, names_.of(node.output), expression);
    }
    std::string operand(const GraphNode& node, std::size_t input = 0);
    std::vector<std::string> operands(const GraphNode& node);
    /// x behind a rectifier of this slope.
    std::string activated(const std::string& x, double slope) const;
    /// A name that is no other layer's, near to the module's path: decoder.up1 is decoder_up1.
    std::string layer_name(const std::string& module, const std::string& kind);

    PythonNames names_;
    std::string steps_;
    NamedTensors tensors_;

  private:
    void write(const GraphNode& node);
    bool write_function(const GraphNode& node);

    const char* indent_;
    Functions functions_;
    UniqueNames layers_;
};

}  // namespace adjoint
