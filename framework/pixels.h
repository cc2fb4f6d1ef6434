// What do the loops over pixels share? How a tensor's pixels are found, and how much of them stays in cache.
#pragma once

#include "framework/conv2d_form.h"
#include "framework/dtype.h"

namespace adjoint {

/// The pixels of a tensor [N, H, W, channels], seen from one of its channels on.
template <class T>
struct Pixels {
    T* data;
    Index height, width;
    Index stride;  ///< from one pixel to the next: all channels

    T* at(Index n, Index h, Index w) const { return data + ((n * height + h) * width + w) * stride; }
};

template <class T>
Pixels<T> image_pixels(T* x, const Conv2DForm& form, Index first_channel) {
    return {x + first_channel, form.height.image, form.width.image, form.channels};
}
template <class T>
Pixels<T> output_pixels(T* y, const Conv2DForm& form, Index first_filter) {
    return {y + first_filter, form.height.output, form.width.output, form.filters};
}

/// What a piece of work reads again and again should stay in the second-level cache: so many numbers of pixels, and so
/// many of filters.
constexpr Index cached_pixels = 1 << 18;
constexpr Index cached_filters = 1 << 17;
constexpr Index fewest_pieces = 16;  ///< enough that threads finish together

}  // namespace adjoint
