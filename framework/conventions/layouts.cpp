#include "framework/conventions/layouts.h"

#include "framework/ops/shape_ops.h"

namespace adjoint {

Variable nchw_to_nhwc(const Variable& x) { return transpose(x, {0, 2, 3, 1}); }
Variable nhwc_to_nchw(const Variable& x) { return transpose(x, {0, 3, 1, 2}); }

Variable oihw_to_hwio(const Variable& w) { return transpose(w, {2, 3, 1, 0}); }
Variable hwio_to_oihw(const Variable& w) { return transpose(w, {3, 2, 0, 1}); }

Variable images_channels_last(const Variable& images, Layout layout) {
    const Shape& shape = images.shape();
    if (shape.size() == 3) return images_channels_last(reshape(images, {1, shape[0], shape[1], shape[2]}), layout);
    return layout == Layout::channels_last ? images : nchw_to_nhwc(images);
}

Variable filters_channels_last(const Variable& filters, Layout layout) {
    return layout == Layout::channels_last ? filters : oihw_to_hwio(filters);
}

}  // namespace adjoint
