// Container of a PNG: its chunks, with their checksums, and what its header says.
#pragma once

#include "datasets/images/image_container.h"

namespace adjoint {

bool begins_png(Bytes file);

/// Looks through a file that begins a PNG.   Source: ISO/IEC 15948, sections 5 and 11.
ImageContainer inspect_png(Bytes file);

}  // namespace adjoint
