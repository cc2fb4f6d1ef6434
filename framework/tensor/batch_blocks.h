// Batch blocks: a sum over a batch is cut into contiguous blocks of whole images. Each is summed in order, and the
// blocks' sums are combined as a fixed tree: neighbours, then pairs, then fours. The size of the batch alone decides:
// threads and processes take whole blocks, and change no bit.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "framework/tensor/parallel.h"
#include "framework/tensor/processes.h"

namespace adjoint {

/// How many blocks a batch of so many images has: 8, from 512 images on 16, from 1024 on 32, from 2048 on 64.
constexpr Index block_count(Index images) {
    Index blocks = 8;
    while (blocks < 64 && images >= 64 * blocks) blocks *= 2;
    return blocks;
}

/// The first image of a block.
constexpr Index block_begin(Index images, Index block) { return images * block / block_count(images); }

/// Blocks [first, end) of a batch of so many images.
struct BatchBlocks {
    /// All of them.
    explicit BatchBlocks(Index all_images) : images(all_images), first(0), end(block_count(all_images)) {}
    /// Those that are here of the batch that is x's first axis.
    explicit BatchBlocks(const Tensor& x);
    /// Those that a process has.
    BatchBlocks(Index all_images, Index rank, Index processes)
        : images(all_images),
          first(block_count(images) * rank / processes),
          end(block_count(images) * (rank + 1) / processes) {}

    Index images, first, end;

    Index count() const { return end - first; }
    bool all() const { return count() == block_count(images); }
    /// Where block first + b begins, counted in images from the first one that is here.
    Index begin(Index b) const { return block_begin(images, first + b) - block_begin(images, first); }
};

/// At most so many nodes wait for their neighbours when blocks climb the tree one after the other.
constexpr Index most_waiting = 13;

/// Part of the tree that is complete: blocks [first, first + count), where count is a power of 2 that divides first.
struct BlockNode {
    Index first, count;
};

/// Climbs the tree from these nodes, in the order of their blocks: `open(n, depth)` when nodes[n] comes, behind
/// `depth` others that wait for their neighbours, and `merge(depth)` when the one at that depth and the next make
/// up a node of the tree, and go on as one. Returns what nodes are left.
template <class Open, class Merge>
std::vector<BlockNode> climb(const std::vector<BlockNode>& nodes, Open open, Merge merge) {
    std::vector<BlockNode> waiting;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        open(n, waiting.size());
        waiting.push_back(nodes[n]);
        while (waiting.size() > 1) {
            BlockNode& left = waiting[waiting.size() - 2];
            if (left.count != waiting.back().count || left.first % (2 * left.count) != 0) break;
            merge(waiting.size() - 2);
            left.count *= 2;
            waiting.pop_back();
        }
    }
    return waiting;
}

/// What nodes are left when these have climbed.
inline std::vector<BlockNode> combined(const std::vector<BlockNode>& nodes) {
    return climb(
        nodes, [](std::size_t, std::size_t) {}, [](std::size_t) {});
}

/// The single blocks that are here, as nodes.
std::vector<BlockNode> single_blocks(const BatchBlocks& blocks);

/// What one process lacks: brings together the values of all processes' nodes, `size` bytes for each of `count`
/// elements, and writes to `out` what `combine(nodes, values, elements)` leaves in place of the first node's. Here
/// are the nodes `own`, each where the values of its first block are.
void combine_with_others(const BatchBlocks& blocks, const std::vector<BlockNode>& own, const std::byte* values,
                         Index count, std::size_t size,
                         const std::function<void(const std::vector<BlockNode>&, std::byte*, Index)>& combine,
                         std::byte* out);

/// Combines values[i] of nodes in place, into that of the left one of two; each node's are right behind those of
/// the one before it. Where `whole` is given it gets the first node's.
template <class T, class Combine>
void combine_in_place(const std::vector<BlockNode>& nodes, T* values, Index count, Combine combine,
                      T* whole = nullptr) {
    parallel_ranges(count, elementwise_grain, [&](Index begin, Index end) {
        std::vector<T*> places(nodes.size() + 1);
        const auto open = [&](std::size_t n, std::size_t depth) {
            places[depth] = values + static_cast<Index>(n) * count;
        };
        climb(nodes, open, [&](std::size_t depth) {
            T* const sum = places[depth];
            const T* const other = places[depth + 1];
            for (Index i = begin; i < end; ++i) sum[i] = combine(sum[i], other[i]);
        });
        if (whole != nullptr) std::copy(values + begin, values + end, whole + begin);
    });
}

/// out[i] = the combination of values[i] of the nodes that are here, each where its first block's values are, and of
/// those of other processes.
template <class T, class Combine>
void combine_processes(const BatchBlocks& blocks, const std::vector<BlockNode>& own, const T* values, Index count,
                       Combine combine, T* out) {
    combine_with_others(
        blocks, own, reinterpret_cast<const std::byte*>(values), count, sizeof(T),
        [&](const std::vector<BlockNode>& nodes, std::byte* theirs, Index elements) {
            combine_in_place(nodes, reinterpret_cast<T*>(theirs), elements, combine);
        },
        reinterpret_cast<std::byte*>(out));
}

/// out[i] = the combination of the blocks' values[b·count + i], of all blocks of all processes. Overwrites values.
template <class T, class Combine>
void combine_blocks(const BatchBlocks& blocks, T* values, Index count, Combine combine, T* out) {
    const std::vector<BlockNode> single = single_blocks(blocks);
    combine_in_place(single, values, count, combine, blocks.all() ? out : nullptr);
    if (!blocks.all()) combine_processes(blocks, combined(single), values, count, combine, out);
}

}  // namespace adjoint
