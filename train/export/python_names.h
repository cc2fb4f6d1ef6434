// Python names: what a generated program calls the values of a graph. A chain of layers is all x.
#pragma once

#include <fmt/format.h>
#include <set>
#include <string>
#include <vector>

#include "layers/analysis/graph.h"

namespace adjoint {

class PythonNames {
  public:
    explicit PythonNames(const Graph& graph) : names_(graph.values.size()), last_(graph.values.size(), -1) {
        for (std::size_t n = 0; n < graph.nodes.size(); ++n)
            for (const std::size_t input : graph.nodes[n].inputs) last_[input] = static_cast<Index>(n);
        last_[graph.output] = std::ssize(graph.nodes);
        names_[graph.input] = fresh();
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            // A name is free again where its value has been taken for the last time.
            for (const std::size_t input : graph.nodes[n].inputs)
                if (last_[input] == static_cast<Index>(n)) taken_.erase(names_[input]);
            names_[graph.nodes[n].output] = fresh();
        }
    }

    const std::string& of(std::size_t value) const { return names_[value]; }

    /// A name that is no other layer's, near to the module's path: decoder.up1 is decoder_up1.
    std::string layer(const std::string& module, const std::string& kind) {
        std::string wish = module.empty() ? kind : module;
        std::replace(wish.begin(), wish.end(), '.', '_');
        std::string name = wish;
        for (int more = 2; !layers_.insert(name).second; ++more) name = fmt::format("{}_{}", wish, more);
        return name;
    }

  private:
    std::string fresh() {
        std::string name = "x";
        for (int more = 1; !taken_.insert(name).second; ++more) name = fmt::format("x{}", more);
        return name;
    }

    std::vector<std::string> names_;
    std::vector<Index> last_;  // node that takes a value
    std::set<std::string> taken_, layers_;
};

/// Numbers as Python writes a tuple, or one number where all are the same and `one` may stand for all.
inline std::string python_tuple(const std::vector<Index>& numbers, bool one = false) {
    if (one && std::set<Index>(numbers.begin(), numbers.end()).size() == 1) return fmt::format("{}", numbers[0]);
    return fmt::format("({}{})", fmt::join(numbers, ", "), numbers.size() == 1 ? "," : "");
}

/// The number that Python reads as this one.
inline std::string python_number(double number) { return fmt::format("{}", number); }

}  // namespace adjoint
