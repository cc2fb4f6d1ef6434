#include "datasets/images/image_container.h"

#include "datasets/images/jpeg_container.h"
#include "datasets/images/png_container.h"

namespace adjoint {

ImageContainer inspect_image(Bytes file) {
    if (file.empty()) return {.damage = "an empty file"};
    if (begins_png(file)) return inspect_png(file);
    if (begins_jpeg(file)) return inspect_jpeg(file);
    return {.damage = "a file of another kind"};
}

}  // namespace adjoint
