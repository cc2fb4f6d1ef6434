// Graph writer: what all that write graphs down share, in whatever language they write.
#pragma once

#include <algorithm>
#include <fmt/ranges.h>
#include <set>
#include <string>

#include "layers/analysis/graph.h"

namespace adjoint {

/// Names of which none is given twice.
class UniqueNames {
  public:
    explicit UniqueNames(std::set<std::string> taken = {}) : taken_(std::move(taken)) {}

    /// The one that is wished for, or the same with _2, _3, … behind it.
    std::string operator()(const std::string& wish) {
        std::string name = wish;
        for (int more = 2; !taken_.insert(name).second; ++more) name = fmt::format("{}_{}", wish, more);
        return name;
    }

  private:
    std::set<std::string> taken_;
};

class GraphWriter {
  protected:
    GraphWriter(const Graph& graph, const char* language) : graph_(graph), language_(language) {}

    [[noreturn]] void refuse(const GraphNode& node) const {
        throw Error(fmt::format("export: {} cannot say {}{}", language_, node.call.name,
                                node.module.empty() ? "" : ", in " + node.module));
    }

    const Shape& shape(std::size_t value) const { return graph_.value(value).shape; }
    /// That of what a node makes, if one extent alone follows the batch: every language calls that one −1.
    const Shape& shape_with_one_free(const GraphNode& node) const {
        if (std::ranges::count(shape(node.output), GraphValue::batch) > 1) refuse(node);
        return shape(node.output);
    }
    bool keeps_axes(const GraphNode& node) const { return shape(node.output).size() == shape(node.inputs[0]).size(); }

    /// What a node was told, or takes as a constant; refuses it where there is no such thing.
    template <class T>
    const T& option(const GraphNode& node, const char* name) const {
        const T* const value = node.call.option<T>(name);
        if (value == nullptr) refuse(node);
        return *value;
    }
    const Tensor& constant(const GraphNode& node, std::size_t input) const {
        const std::optional<Tensor>& constant = graph_.value(node.inputs[input]).constant;
        if (!constant) refuse(node);
        return *constant;
    }

    const Graph& graph_;

  private:
    const char* language_;
};

}  // namespace adjoint
