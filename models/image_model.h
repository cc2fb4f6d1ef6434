// Image model options: what a user may choose of a model.
#pragma once

#include "models/upsampling.h"

namespace adjoint {

struct ImageModelOptions {
    Index image_size = 28;  ///< height and width: 28, 32, 64 or 128
    Index channels = 1;     ///< 1 grey, 3 RGB
    Index latent;           ///< how many numbers an image is made from
    Index width;            ///< channels of the layer nearest to the pixels; each one further in has twice as many
    UpsamplingOptions upsampling = {};  ///< of the layers that make images larger
    Index told_classes = 0;             ///< of which a generator is told one to draw; 0 for none
    bool tied = false;                  ///< an autoencoder's decoder runs the encoder's own filters backward
};

struct ClassifierOptions {
    Index image_size = 28;  ///< height and width: 28, 32, 64 or 128
    Index channels = 1;     ///< 1 grey, 3 RGB
    Index classes = 10;     ///< how many kinds of images there are to tell apart, at least 2
};

/// Whether models take images of that height and width.
constexpr bool is_image_size(Index size) { return size == 28 || size == 32 || size == 64 || size == 128; }

/// Throws where a number is not one of those above.
void check_options(const char* model, const ImageModelOptions& options);
void check_options(const char* model, const ClassifierOptions& options);

}  // namespace adjoint
