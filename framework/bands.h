// Which taps lead to a pixel, and from where? Pixels of an axis that the same taps lead to form a band: inside a band
// there is no border and no gap left.
#pragma once

#include <vector>

#include "framework/conv2d_form.h"

namespace adjoint {

/// Pixels of one axis of a result, the taps that lead to each of them, and the pixels of the source where they begin.
/// Tap number t leads from sources[m] + steps[t] to targets[m].
struct Band {
    std::vector<Index> targets;
    std::vector<Index> sources;
    std::vector<Index> taps;
    std::vector<Index> steps;
};

/// The bands of the output, whose sources are pixels of the image.
std::vector<Band> output_bands(const ConvAxis& axis);
/// The bands of the image, whose sources are pixels of the output.
std::vector<Band> image_bands(const ConvAxis& axis);

}  // namespace adjoint
