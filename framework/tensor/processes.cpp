#include "framework/tensor/processes.h"

#include <algorithm>
#include <numeric>

#include "framework/tensor/batch_blocks.h"

namespace adjoint {
namespace {

thread_local Processes* joined = nullptr;

}  // namespace

Processes* Processes::here() { return joined; }

void Processes::join(Processes* processes) { joined = processes; }

std::vector<BatchPart> parts_of_batch(Index images) {
    const Processes* const all = Processes::here();
    if (all == nullptr) return {{0, images}};
    std::vector<BatchPart> parts;
    for (Index rank = 0; rank < all->count(); ++rank) {
        const BatchBlocks blocks(images, rank, all->count());
        parts.push_back({block_begin(images, blocks.first), block_begin(images, blocks.end)});
    }
    return parts;
}

BatchPart part_of_batch(Index images) {
    const Processes* const all = Processes::here();
    return parts_of_batch(images)[all == nullptr ? 0 : static_cast<std::size_t>(all->rank())];
}

Tensor divided(const Tensor& whole) {
    if (Processes::here() == nullptr) return whole;
    const Index images = whole.extent(0), numbers = images == 0 ? 0 : whole.size() / images;
    const auto [begin, end] = part_of_batch(images);
    Shape shape = whole.shape();
    shape[0] = end - begin;
    return Tensor::build(shape, whole.dtype(),
                         [&, first = begin]<Scalar T>(std::span<T> out) {
                             std::copy_n(whole.data<T>().data() + first * numbers, out.size(), out.data());
                         })
        .with_batch(images);
}

Tensor gathered(const Tensor& part) {
    if (part.batch() == 0) return part;
    Processes& all = *Processes::here();
    Shape shape = part.shape();
    shape[0] = part.batch();
    const auto numbers = static_cast<std::size_t>(element_count(Shape(shape.begin() + 1, shape.end())));
    return Tensor::build(shape, part.dtype(), [&]<Scalar T>(std::span<T> out) {
        std::vector<std::size_t> bytes;
        for (const auto& [begin, end] : parts_of_batch(part.batch()))
            bytes.push_back(static_cast<std::size_t>(end - begin) * numbers * sizeof(T));
        all.gather(std::as_bytes(part.data<T>()).data(), std::as_writable_bytes(out).data(), bytes);
    });
}

Index first_image(const Tensor& x) { return x.batch() > 0 ? part_of_batch(x.batch()).begin : 0; }

Index whole_extent(const Tensor& x) { return x.batch() > 0 ? x.batch() : x.extent(0); }

void require_whole(const char* operation, const Tensor& x, Index axis) {
    require(x.batch() == 0 || axis != 0, "{}: axis 0 is divided among processes; got part of {} images", operation,
            x.batch());
}

}  // namespace adjoint
