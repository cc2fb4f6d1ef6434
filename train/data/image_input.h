// Image input: images that somebody names by a path, made as those that a model is trained on.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// The height and width of square images, and their channels.
struct ImageSize {
    Index side;
    Index channels;
};

struct ImageInput {
    std::vector<std::string> names;  ///< the files'; image 3 of x.npy is x.npy[3]
    Tensor images;                   ///< [N, side, side, channels] in 0..1
};

/// The images of PNG and JPEG files, of folders of these, of .npy arrays, and of pipes that bring such (- is standard
/// input), each cut to a square and resized as images of a folder are for training. What cannot be read in a folder is
/// skipped with a word. Throws MissingInput and DataError, as image_array does for arrays.
ImageInput read_image_input(const std::vector<std::string>& paths, const ImageSize& size);

/// The images of an array [N, H, W, C], [N, H, W], [H, W, C] or [H, W] of values in 0..1, or of whole numbers 0..255,
/// one of them above 1, which are divided by 255. Where they are of another size they are resized in steps of 1/255.
/// Throws DataError: `x.npy: pixels must be in 0..1, or whole numbers 0..255; got -0.5 in image 3`.
Tensor image_array(const std::string& name, const Tensor& array, const ImageSize& size);

/// The array as [N, H, W, C]. Throws DataError where it can be no images, or images of other than 1 or 3 channels.
Tensor as_images(const std::string& name, const Tensor& array);

}  // namespace adjoint
