// Image file: the pixels of a PNG or JPEG, decoded and upright.
#pragma once

#include <memory>
#include <string>

#include "datasets/images/square_crop.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// Pixels that are held in memory.
struct Picture {
    PixelView view;
    std::shared_ptr<const std::uint8_t[]> bytes;
    bool coloured = false;       ///< in the file
    int depth = 8;               ///< bits of a number in the file
    std::uint32_t checksum = 0;  ///< of the file
};

/// Reads a PNG or JPEG file with so many channels: 1 grey, colours as their luminance, or 3 RGB. The picture is turned
/// as the camera that took it noted in EXIF, if it did; opacity is ignored. Throws MissingInput where the file cannot
/// be read, and DataError where it is no such image, is damaged, or is larger than 2²⁶ pixels or 2²⁸ bytes: `cat.png:
/// must be a PNG or JPEG image; got a file that ends before its image does`.
Picture read_picture(const std::string& path, Index channels);

/// The same of a file's content, under the name that errors are to give it.
Picture decode_picture(const std::string& name, std::string content, Index channels);

/// The picture as an image [H, W, C] in 0..1.
Tensor image_of(const Picture& picture);

/// image_of(read_picture(path, channels)).
Tensor read_image(const std::string& path, Index channels);

}  // namespace adjoint
