// Image pairs: a batch in bfloat16 as the gradient of filters multiplies it, two images at a time.
#pragma once

#include <algorithm>
#include <vector>

#include "framework/kernels/tap_groups.h"
#include "framework/kernels/vectors.h"
#include "framework/tensor/batch_blocks.h"
#include "framework/tensor/buffer_pool.h"

namespace adjoint::direct {

/// Where the blocks' images begin, and where the last ends; or their pairs, of which a block has one for each two of
/// its images, and one for the last of an odd number.
template <class F>
std::vector<Index> block_begins(const BatchBlocks& blocks) {
    std::vector<Index> begins = {0};
    for (Index b = 0; b < blocks.count(); ++b)
        begins.push_back(begins.back() + ceil_divide(blocks.begin(b + 1) - blocks.begin(b), numbers_in<F>));
    return begins;
}

/// Each pair of images of so many numbers: each number of the first, rounded, with that of the second, or with 0 where
/// there is no second. Taps join pairs as they join the images.
inline Scratch<Bfloat16Pair> image_pairs(const float* images, Index size, const BatchBlocks& blocks) {
    const std::vector<Index> begins = block_begins<Bfloat16Pair>(blocks);
    Scratch<Bfloat16Pair> pairs(begins.back() * size);
    parallel_for(begins.back() * fewest_pieces, [&, to = pairs.data()](Index piece) {
        const Index pair = piece / fewest_pieces, part = piece % fewest_pieces;
        const Index b = std::upper_bound(begins.begin(), begins.end(), pair) - begins.begin() - 1;
        const Index image = blocks.begin(b) + 2 * (pair - begins[static_cast<std::size_t>(b)]);
        const float *const first = images + image * size, *const second = first + size;
        const Index begin = size * part / fewest_pieces, end = size * (part + 1) / fewest_pieces;
        const bool alone = image + 1 == blocks.begin(b + 1);
        for (Index i = begin; i < end; ++i) to[pair * size + i] = bfloat16_pair(first[i], alone ? 0.0f : second[i]);
    });
    return pairs;
}

}  // namespace adjoint::direct
