#include "models/image_model.h"

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

template <class Options>
void check_images(const char* model, const Options& options) {
    require(is_image_size(options.image_size), "{}: image_size must be 28, 32, 64 or 128; got {}", model,
            options.image_size);
    require(options.channels == 1 || options.channels == 3, "{}: channels must be 1 or 3; got {}", model,
            options.channels);
}

}  // namespace

void check_options(const char* model, const ImageModelOptions& options) {
    check_images(model, options);
    require(options.latent >= 1 && options.width >= 1, "{}: latent and width must be at least 1; got {} and {}", model,
            options.latent, options.width);
}

void check_options(const char* model, const ClassifierOptions& options) {
    check_images(model, options);
    require(options.classes >= 2, "{}: classes must be at least 2; got {}", model, options.classes);
}

}  // namespace adjoint
