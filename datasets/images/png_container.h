// Container of a PNG: its chunks, with their checksums, and what its header says.
#pragma once

#include "datasets/images/image_container.h"

namespace adjoint {

/// Where the header of a PNG has these.
constexpr std::size_t png_depth_at = 8, png_colour_type_at = 9;

bool begins_png(Bytes file);

/// Looks through a file that begins a PNG: its header must say what PNG has, and its data be long enough to hold so
/// many pixels.   Source: ISO/IEC 15948, sections 5 and 11.
ImageContainer inspect_png(Bytes file);

}  // namespace adjoint
