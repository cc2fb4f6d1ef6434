// Which layers does a model have, and what does each cost?
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

struct NetworkSummary {
    std::string name;
    std::vector<LayerSummary> layers;  ///< in the order in which they are called
};

/// The layers that the network calls on this input: the modules that have no parts.
std::vector<LayerSummary> summarize(const Module& network, const Variable& input);

/// The networks of a model that `adjoint train` knows, each on one input. Throws where there is no such model.
std::vector<NetworkSummary> summarize(const std::string& model);

/// The models that summarize knows.
std::vector<std::string> summarized_models();

/// How many numbers training changes in a model.
Index parameter_count(const Module& module);

}  // namespace adjoint
