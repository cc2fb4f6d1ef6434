// Named tensors: the values of states under their names, as files and checkpoints hold them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "layers/module.h"

namespace adjoint {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;  ///< in the order in which they are written
using TensorsByName = std::map<std::string, Tensor>;               ///< as they are read

inline NamedTensors tensors_of(const States& states) {
    NamedTensors tensors;
    for (const auto& [name, state] : states) tensors.emplace_back(name, state.value());
    return tensors;
}

}  // namespace adjoint
