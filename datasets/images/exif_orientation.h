// Orientation of a picture: how a camera was held, as EXIF notes it, and the picture turned upright.
#pragma once

#include "datasets/images/image_container.h"
#include "datasets/images/square_crop.h"

namespace adjoint {

/// Where the first row and the first column of the stored pixels belong in the picture:
///   1 top, left   2 top, right   3 bottom, right   4 bottom, left
///   5 left, top   6 right, top   7 right, bottom   8 left, bottom
/// as tag 0x0112 of a TIFF file's first directory says it; 1 where that is not there, damaged or another number.
/// Source: CIPA DC-008 (EXIF), section 4.6; TIFF 6.0, section 2 and page 36.
int exif_orientation(Bytes tiff);

/// Writes the pixels in the order in which they are to be seen. For orientations 5 to 8 `upright` is
/// [width, height, channels].
void turn_upright(const PixelView& stored, int orientation, std::span<std::uint8_t> upright);

}  // namespace adjoint
