// Layouts: the order of axes in other systems' images and filters, and how one order becomes another. Elements are
// moved: each of these is a transpose, and its pullback the other one of its pair.
//
// adjoint's own layouts are TensorFlow's, [N, H, W, C] and [K, L, C / groups, O]. PyTorch and ONNX have the channels
// before the pixels: [N, C, H, W] and [O, C / groups, K, L]. What they call the weight of a transposed convolution,
// [C_in, C_out / groups, K, L], has the same order: it is the weight of the convolution that is transposed.
#pragma once

#include "framework/ops/shape_ops.h"

namespace adjoint {

/// y[n, h, w, c] = x[n, c, h, w].   Gradient: x ← nhwc_to_nchw(g).
inline Variable nchw_to_nhwc(const Variable& x) { return transpose(x, {0, 2, 3, 1}); }
/// y[n, c, h, w] = x[n, h, w, c].   Gradient: x ← nchw_to_nhwc(g).
inline Variable nhwc_to_nchw(const Variable& x) { return transpose(x, {0, 3, 1, 2}); }

/// y[k, l, c, o] = w[o, c, k, l].   Gradient: w ← hwio_to_oihw(g).
inline Variable oihw_to_hwio(const Variable& w) { return transpose(w, {2, 3, 1, 0}); }
/// y[o, c, k, l] = w[k, l, c, o].   Gradient: w ← oihw_to_hwio(g).
inline Variable hwio_to_oihw(const Variable& w) { return transpose(w, {3, 2, 0, 1}); }

/// How a system lays out its tensors.
enum class Layout {
    channels_last,   ///< [N, H, W, C], filters [K, L, C, O]: as adjoint does
    channels_first,  ///< [N, C, H, W], filters [O, C, K, L]
    unbatched_too    ///< the same, and one image as [C, H, W]
};

/// Images of a layout as [N, H, W, C], filters as [K, L, C, O].
inline Variable images_channels_last(const Variable& images, Layout layout) {
    const Shape& shape = images.shape();
    if (shape.size() == 3) return images_channels_last(reshape(images, {1, shape[0], shape[1], shape[2]}), layout);
    return layout == Layout::channels_last ? images : nchw_to_nhwc(images);
}
inline Variable filters_channels_last(const Variable& filters, Layout layout) {
    return layout == Layout::channels_last ? filters : oihw_to_hwio(filters);
}

}  // namespace adjoint
