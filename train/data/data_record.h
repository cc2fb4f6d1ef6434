// Data record: which images a run is trained on, so that they are known again.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/shape.h"

namespace adjoint {

struct DataRecord {
    std::string name = "";       ///< mnist, fashion-mnist, kmnist, digits, images or arrays
    std::string directory = "";  ///< where they are, absolute; "" for drawn digits
    Shape image_shape = {};      ///< [H, W, C], of a picture without its mask
    std::vector<std::string> classes = {};
    Index training = 0, validation = 0, test = 0;  ///< how many images
    std::string checksum = "";                     ///< of all of these images and labels

    /// Whether it is of the same images, wherever they are now.
    bool same_images(const DataRecord& other) const;
    /// `mnist in /data: 55000 training, 5000 validation, 10000 test images, checksum 1a2b3c4d`
    std::string text() const;
};

}  // namespace adjoint
