// Image share: which images of a dataset in memory one process holds, where several work together.
#pragma once

#include <optional>

#include "framework/tensor/processes.h"

namespace adjoint {

/// Every count-th image from number `rank` on; all of them where one process works alone.
struct ImageShare {
    Index rank = 0, count = 1;

    /// That of this process.
    static ImageShare here() {
        const Processes* const all = Processes::here();
        return all == nullptr ? ImageShare{} : ImageShare{all->rank(), all->count()};
    }
    Index owner(Index image) const { return image % count; }
    bool has(Index image) const { return owner(image) == rank; }
    /// Where an image of this share lies among those of this share.
    Index place(Index image) const { return image / count; }
    /// The owner; nothing where one process has all.
    std::optional<Index> holder(Index image) const { return count == 1 ? std::nullopt : std::optional(owner(image)); }
};

}  // namespace adjoint
