#include "layers/analysis/graph.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <map>

#include "framework/ops/matmul.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/random.h"

namespace adjoint {
namespace {

// What one run of a function did.
class Trace : public Observer {
  public:
    struct Call {
        OperationCall call;
        std::vector<Variable> inputs;
        Variable output;
        std::string module;
    };

    explicit Trace(const Module& model) : names_(model.module_names()) {}

    void after_forward(const Variable& y, const OperationCall& call, const std::vector<Variable>& inputs) override {
        calls.push_back({call, inputs, y, places_.empty() ? "" : places_.back()});
    }
    // A module without a name is part of the one that calls it.
    void before_module(const Module& module, const Variable&) override {
        const auto name = names_.find(&module);
        places_.push_back(name != names_.end() ? name->second : places_.empty() ? "" : places_.back());
    }
    void after_module(const Module&, const Variable&, const Variable&) override { places_.pop_back(); }

    std::vector<Call> calls;

  private:
    std::map<const Module*, std::string> names_;
    std::vector<std::string> places_;
};

struct Run {
    Variable input, output;
    std::vector<Trace::Call> calls;
};

Run run(const Module& model, const std::function<Variable(const Variable&)>& function, Shape item, Index count) {
    item.insert(item.begin(), count);
    Trace trace(model);
    const ModeScope evaluation(Mode::evaluate);
    const States states = model.states();
    const DType dtype = states.empty() ? DType::float32 : states.front().state.value().dtype();
    const Variable x = Random(static_cast<std::uint64_t>(count)).uniform(item, dtype);
    const Variable y = function(x);
    return {x, y, std::move(trace.calls)};
}

// The shape that two runs have in common, of 2 and of 3 items.
Shape shape_of(const Shape& two, const Shape& three) {
    Shape shape = two;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        if (two[axis] != three[axis]) shape[axis] = GraphValue::batch;
    return shape;
}

class Builder {
  public:
    Builder(const Module& model, const Run& two, const Run& three) : two_(two), three_(three) {
        for (const auto& [name, state] : model.states()) weights_.emplace(state.variable().id(), name);
    }

    Graph build() {
        require(two_.calls.size() == three_.calls.size(),
                "graph: 2 and 3 items must take the same operations; got {} and {}", two_.calls.size(),
                three_.calls.size());
        graph_.input = number(two_.input, three_.input, std::nullopt);
        for (std::size_t c = 0; c < two_.calls.size(); ++c) add(two_.calls[c], three_.calls[c]);
        const auto output = numbers_.find(two_.output.id());
        require(output != numbers_.end() && !graph_.value(output->second).constant,
                "graph: the output must be made of the input by operations; got none");
        graph_.output = output->second;
        keep_what_is_needed();
        return std::move(graph_);
    }

  private:
    std::size_t number(const Variable& of_two, const Variable& of_three, std::optional<Tensor> constant) {
        const auto name = weights_.find(of_two.id());
        const std::size_t number = graph_.add({.shape = shape_of(of_two.shape(), of_three.shape()),
                                               .constant = std::move(constant),
                                               .name = name == weights_.end() ? "" : name->second});
        numbers_[of_two.id()] = number;  // an operation may end with what others made within it
        return number;
    }

    void add(const Trace::Call& call, const Trace::Call& other) {
        const std::string place = fmt::format("{}{}", call.call.name, call.module.empty() ? "" : " in " + call.module);
        require(call.call.name == other.call.name && call.inputs.size() == other.inputs.size() &&
                    call.output.rank() == other.output.rank(),
                "graph: 2 and 3 items must take the same operations; got {} and {}", place, other.call.name);
        std::vector<std::size_t> inputs;
        bool constant = true;
        for (std::size_t i = 0; i < call.inputs.size(); ++i) {
            const auto known = numbers_.find(call.inputs[i].id());
            if (known == numbers_.end()) {
                const Tensor& value = call.inputs[i].value();
                inputs.push_back(number(call.inputs[i], other.inputs[i], value));
                if (!identical(value, other.inputs[i].value())) doubtful_.emplace(inputs.back(), place);
            } else {
                inputs.push_back(known->second);
            }
            constant = constant && graph_.value(inputs.back()).constant;
        }
        const bool folded = constant && !call.inputs.empty();
        const std::size_t y =
            number(call.output, other.output, folded ? std::optional(call.output.value()) : std::nullopt);
        if (folded) {
            for (const std::size_t input : inputs)
                if (doubtful_.contains(input)) doubtful_.emplace(y, doubtful_[input]);
        } else {
            graph_.nodes.push_back({call.call, std::move(inputs), y, call.module});
        }
    }

    // Operations whose results nobody takes, as those of a gradient or a measurement, are left out.
    void keep_what_is_needed() {
        std::vector<bool> needed(graph_.values.size());
        needed[graph_.output] = true;
        std::vector<GraphNode> kept;
        for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
            if (!needed[node->output]) continue;
            for (const std::size_t input : node->inputs) {
                needed[input] = true;
                const auto doubt = doubtful_.find(input);
                require(doubt == doubtful_.end(),
                        "graph: {} takes what depends on the input, and is made without operations",
                        doubt == doubtful_.end() ? "" : doubt->second);
            }
            kept.push_back(std::move(*node));
        }
        graph_.nodes.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
    }

    const Run &two_, &three_;
    Graph graph_;
    std::map<std::uint64_t, std::string> weights_;  // names by variables' ids
    std::map<std::uint64_t, std::size_t> numbers_;  // of values
    std::map<std::size_t, std::string> doubtful_;   // constants that are others in the second run, and who takes them
};

// The layers of a graph as graph_of describes them.
Graph with_layers(Graph graph) {
    std::vector<Index> takers(graph.values.size());
    for (const GraphNode& node : graph.nodes)
        for (const std::size_t input : node.inputs) ++takers[input];
    ++takers[graph.output];
    std::vector<GraphNode> nodes;
    for (GraphNode& node : graph.nodes) {
        // A convolution records its bias first.
        const bool convolution = node.call.name == "conv2d" || node.call.name == "conv2d_input_gradient";
        if (convolution && node.inputs.size() == 3)
            std::rotate(node.inputs.begin(), node.inputs.begin() + 1, node.inputs.end());
        const bool product = node.call.name == "matmul" && graph.value(node.inputs[1]).constant &&
                             graph.value(node.inputs[0]).shape.size() == 2 &&
                             graph.value(node.inputs[1]).shape.size() == 2;
        const MatmulOptions* const options = node.call.option<MatmulOptions>("options");
        if (product && !options->transpose_a) {
            node.call.name = "linear";
            if (options->transpose_b) {
                const GraphValue& w = graph.value(node.inputs[1]);
                node.inputs[1] =
                    graph.add({.shape = {w.shape[1], w.shape[0]}, .constant = transpose(*w.constant).value()});
            }
        }
        const bool sum = node.call.name == "add" && !nodes.empty() && nodes.back().call.name == "linear" &&
                         nodes.back().inputs.size() == 2 && nodes.back().output == node.inputs[0] &&
                         takers[node.inputs[0]] == 1 && graph.value(node.inputs[1]).constant &&
                         graph.value(node.inputs[1]).shape.size() == 1;
        if (sum) {
            nodes.back().inputs.push_back(node.inputs[1]);
            nodes.back().output = node.output;
        } else {
            nodes.push_back(std::move(node));
        }
    }
    graph.nodes = std::move(nodes);
    return graph;
}

}  // namespace

Graph graph_of(const Module& model, const std::function<Variable(const Variable&)>& function, const Shape& item) {
    const Run two = run(model, function, item, 2), three = run(model, function, item, 3);
    return with_layers(Builder(model, two, three).build());
}

}  // namespace adjoint
