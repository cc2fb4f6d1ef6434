// Graph text: what a model does, an operation a line, for people and for a file's metadata.
#pragma once

#include <string>

#include "layers/analysis/graph.h"

namespace adjoint {

/// Lines such as
///   x = conv2d(x, down1.weight, down1.bias), 3x3, stride 2, padding 1, then relu: [N, 14, 14, 16]
///   x = reshape(x): [N, 3136], rows before columns before channels
/// with the shape of what each makes. Convolutions name what differs from stride 1, dilation 1, one group and no
/// padding; the kernel of a transposed one is that of the convolution whose gradient it is.
std::string text_of(const Graph& graph);

}  // namespace adjoint
