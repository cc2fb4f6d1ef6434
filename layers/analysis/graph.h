// Graph: the operations by which a function makes its output of its input, as an observer hears of them. Whatever a
// module does is in it, in whatever language its author wrote it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framework/tensor/observer.h"
#include "layers/module.h"

namespace adjoint {

/// What operations take and make.
struct GraphValue {
    static constexpr Index batch = -1;

    Shape shape;                          ///< `batch` for the extents that grow with the number of items
    std::optional<Tensor> constant = {};  ///< what does not depend on the input: a weight, or what is made of weights
    std::string name = {};                ///< of a weight: decoder.up1.weight
};

/// One call of an operation.
struct GraphNode {
    OperationCall call;
    std::vector<std::size_t> inputs;  ///< numbers of values
    std::size_t output;
    std::string module;  ///< the innermost one that it is called in: decoder.up1
};

struct Graph {
    std::vector<GraphValue> values;
    std::vector<GraphNode> nodes;  ///< each behind those that it takes from
    std::size_t input, output;

    const GraphValue& value(std::size_t number) const { return values[number]; }
    std::size_t add(GraphValue value) {
        values.push_back(std::move(value));
        return values.size() - 1;
    }
};

/// The graph of `function` for inputs [N, …] of any N, where `item` is the shape of one, and the weights are those of
/// `model`, whose element type the inputs have. What is made of constants alone is a constant. Convolutions take x, w
/// and, if they have one, b in this order; a node `linear`, y = x·w + b, stands for a matmul with a constant matrix and
/// the constant that is added to it, if any.
/// The function runs twice, on different numbers of different inputs. Throws where what an operation takes depends on
/// them in a way of which no operation tells: `graph: multiply in decoder.up1 takes what depends on the input, and is
/// made without operations`.
Graph graph_of(const Module& model, const std::function<Variable(const Variable&)>& function, const Shape& item);

}  // namespace adjoint
