// How do numbers and tensors go by their names, in order?
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "layers/module.h"

namespace adjoint {

using Numbers = std::vector<std::pair<std::string, double>>;  ///< losses, metrics
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The values of states, under their names.
inline NamedTensors tensors_of(const States& states) {
    NamedTensors tensors;
    for (const auto& [name, state] : states) tensors.emplace_back(name, state.value());
    return tensors;
}

}  // namespace adjoint
