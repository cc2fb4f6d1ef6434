// Model summary: which layers a network has, and what each costs.
#pragma once

#include <string>
#include <vector>

#include "layers/module.h"

namespace adjoint {

struct LayerSummary {
    std::string name;
    std::string kind;  ///< its class, such as Conv2D
    Shape input;
    Shape output;
    Index parameters;  ///< how many numbers training changes
    Index flops;       ///< of convolutions and matrix products, a multiplication and an addition counted as two
    bool covers_unevenly = false;  ///< a transposed convolution that begins with checkerboards: see covers_unevenly
};

/// The layers that the network calls on this input, in the order in which they are called: the modules that have no
/// parts.
std::vector<LayerSummary> summarize(const Module& network, const Variable& input);

/// How many numbers training changes in a model.
Index parameter_count(const Module& module);

}  // namespace adjoint
