// Channels first: a graph with images [N, C, H, W] and filters [O, C / groups, K, L], as ONNX and PyTorch have them.
#pragma once

#include "layers/analysis/graph.h"

namespace adjoint {

/// The same function of images in another layout. Convolutions and what is done to each channel or pixel take and make
/// [N, C, H, W], in which their axes are numbered; before what needs the order of adjoint's elements, as a flattening
/// does, and behind it, there is a transposition. Input and output, where they are images, are [N, C, H, W], or as they
/// were where `channels_last_outside` asks for it.
Graph channels_first(const Graph& graph, bool channels_last_outside);

}  // namespace adjoint
