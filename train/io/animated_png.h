// Animated PNG: a row of pictures as one file that browsers play; what knows only still pictures shows the first.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// The file of frames [H, W, 1 or 3] of values in 0..1, shown one after another for `milliseconds` each, over and over.
/// Throws unless there is a frame, all have one shape, and milliseconds are 1 to 65535.
/// Source: Portable Network Graphics Specification, third edition, acTL, fcTL and fdAT.
std::string animated_png(const std::vector<Tensor>& frames, Index milliseconds);

}  // namespace adjoint
