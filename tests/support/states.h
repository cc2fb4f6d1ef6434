// States of modules in tests: their names, shapes and values, and which have changed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "layers/module.h"

namespace adjoint {

using Names = std::vector<std::string>;
using Shapes = std::vector<std::pair<std::string, Shape>>;

inline Names names(const States& states) {
    Names result;
    for (const NamedState& named : states) result.push_back(named.name);
    return result;
}

inline Shapes shapes(const States& states) {
    Shapes result;
    for (const NamedState& named : states) result.emplace_back(named.name, named.state.shape());
    return result;
}

inline std::vector<Tensor> values(const States& states) {
    std::vector<Tensor> result;
    for (const NamedState& named : states) result.push_back(named.state.value());
    return result;
}

/// The names of the states that are no longer what they were.
inline Names changed(const States& states, const std::vector<Tensor>& before) {
    Names result;
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (!identical(states[i].state.value(), before[i])) result.push_back(states[i].name);
    }
    return result;
}

}  // namespace adjoint
