#include "framework/tensor/batch_blocks.h"

#include "framework/tensor/buffer_pool.h"

namespace adjoint {
namespace {

using Bytes = std::vector<std::size_t>;  // how many, for each process

}  // namespace

BatchBlocks::BatchBlocks(const Tensor& x) : BatchBlocks(whole_extent(x)) {
    const Processes* const processes = Processes::here();
    if (x.batch() > 0) *this = BatchBlocks(images, processes->rank(), processes->count());
}

std::vector<BlockNode> single_blocks(const BatchBlocks& blocks) {
    std::vector<BlockNode> single;
    for (Index b = blocks.first; b < blocks.end; ++b) single.push_back({b, 1});
    return single;
}

void combine_with_others(const BatchBlocks& blocks, const std::vector<BlockNode>& own, const std::byte* values,
                         Index count, std::size_t size,
                         const std::function<void(const std::vector<BlockNode>&, std::byte*, Index)>& combine,
                         std::byte* out) {
    Processes& processes = *Processes::here();
    const Index all = processes.count();
    // Process r combines the elements from slice(r) to slice(r + 1), and tells the others; of a few everyone does all.
    constexpr Index few = 4096;
    const bool everyone = count * static_cast<Index>(size) <= few;
    const auto slice = [&](Index rank) { return everyone ? (rank == 0 ? 0 : count) : count * rank / all; };
    const Index length = everyone ? count : slice(processes.rank() + 1) - slice(processes.rank());

    std::vector<BlockNode> nodes;  // of all processes
    Bytes sent, received, told;
    std::vector<std::byte> letters;
    for (Index rank = 0; rank < all; ++rank) {
        const std::vector<BlockNode> theirs = combined(single_blocks({blocks.images, rank, all}));
        nodes.insert(nodes.end(), theirs.begin(), theirs.end());
        received.push_back(theirs.size() * static_cast<std::size_t>(length) * size);
        const auto begin = static_cast<std::size_t>(slice(rank)) * size;
        told.push_back(static_cast<std::size_t>(slice(rank + 1)) * size - begin);
        sent.push_back(own.size() * told.back());
        for (const BlockNode& node : own) {
            const std::byte* const at = values + static_cast<std::size_t>((node.first - blocks.first) * count) * size;
            letters.insert(letters.end(), at + begin, at + begin + told.back());
        }
    }
    const Scratch<std::byte> all_nodes(std::ssize(nodes) * length * static_cast<Index>(size));
    if (everyone) {
        processes.gather(letters.data(), all_nodes.data(), received);
        combine(nodes, all_nodes.data(), length);
        std::copy_n(all_nodes.data(), static_cast<std::size_t>(count) * size, out);
    } else {
        processes.exchange(letters.data(), sent, all_nodes.data(), received);
        combine(nodes, all_nodes.data(), length);
        processes.gather(all_nodes.data(), out, told);
    }
}

}  // namespace adjoint
