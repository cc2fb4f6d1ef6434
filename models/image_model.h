// Image model options: the sizes that a user may choose.
#pragma once

#include "framework/tensor/shape.h"

namespace adjoint {

struct ImageModelOptions {
    Index image_size = 28;  ///< height and width: 28, 32, 64 or 128
    Index channels = 1;     ///< 1 grey, 3 RGB
    Index latent;           ///< how many numbers an image is made from
    Index width;            ///< channels of the layer nearest to the pixels; each one further in has twice as many
};

struct ClassifierOptions {
    Index image_size = 28;  ///< height and width: 28, 32, 64 or 128
    Index channels = 1;     ///< 1 grey, 3 RGB
    Index classes = 10;     ///< how many kinds of images there are to tell apart, at least 2
};

/// Throws where a number is not one of those above.
void check_options(const char* model, const ImageModelOptions& options);
void check_options(const char* model, const ClassifierOptions& options);

}  // namespace adjoint
