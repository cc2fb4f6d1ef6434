// Loops of im2col and col2im, the patch matrix P(x) and its transpose: one traversal finds the pixels under the
// filter's taps; gather copies them, scatter adds to them.
#pragma once

#include <algorithm>

#include "framework/convolution/conv2d_form.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// Walks rows [begin, end) of P(x) for one group: row (n, i, j) has a column for each tap and channel (k, l, c). Runs
/// of neighbouring pixels are neighbouring columns; for each run calls
///   inside(column entry, pixel entry, length)   where it lies in the image,
///   outside(column entry, length)               where it lies in the padding.
/// Entries count from the first element of row `begin`, and of the image tensor.
template <class Inside, class Outside>
void walk_patches(const Conv2DForm& form, Index group, Index begin, Index end, Inside inside, Outside outside) {
    const ConvAxis &height = form.height, &width = form.width;
    const Index c = form.group_channels();
    // Taps of a filter's row that touch are one run.
    const bool touching = width.dilation == 1 && form.groups == 1;
    const Index run_taps = touching ? width.kernel : 1;
    Index entry = 0;
    for (Index row = begin; row < end; ++row) {
        const Index j = row % width.output, i = row / width.output % height.output;
        const Index n = row / width.output / height.output;
        for (Index k = 0; k < height.kernel; ++k) {
            const Index h = height.pixel(i, k);
            const bool inside_height = 0 <= h && h < height.image;
            for (Index l = 0; l < width.kernel; l += run_taps, entry += run_taps * c) {
                const Index w = width.pixel(j, l);
                const Index first = inside_height ? std::clamp<Index>(-w, 0, run_taps) : run_taps;
                const Index last = inside_height ? std::clamp<Index>(width.image - w, first, run_taps) : run_taps;
                if (first > 0) outside(entry, first * c);
                if (first < last) {
                    const Index pixel = (n * height.image + h) * width.image + w + first;
                    inside(entry + first * c, pixel * form.channels + group * c, (last - first) * c);
                }
                if (last < run_taps) outside(entry + last * c, (run_taps - last) * c);
            }
        }
    }
}

/// patches = rows [begin, end) of P(x).
template <Scalar T>
void gather_patches(const Conv2DForm& form, Index group, Index begin, Index end, const T* x, T* patches) {
    walk_patches(
        form, group, begin, end,
        [=](Index column, Index pixel, Index length) {
            // A call of memmove costs more than a handful of numbers.
            if (length >= 16) {
                std::copy_n(x + pixel, length, patches + column);
            } else {
                for (Index e = 0; e < length; ++e) patches[column + e] = x[pixel + e];
            }
        },
        [=](Index column, Index length) { std::fill_n(patches + column, length, T{0}); });
}

/// x += Pᵀ(patches), for the rows [begin, end).
template <Scalar T>
void scatter_patches(const Conv2DForm& form, Index group, Index begin, Index end, const T* patches, T* x) {
    walk_patches(
        form, group, begin, end,
        [=](Index column, Index pixel, Index length) {
            for (Index e = 0; e < length; ++e) x[pixel + e] += patches[column + e];
        },
        [](Index, Index) {});
}

}  // namespace adjoint
