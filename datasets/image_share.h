// Image share: which images of a dataset in memory one process holds, where several work together.
#pragma once

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
    bool has(Index image) const { return image % count == rank; }
    /// Where an image of this share lies among those of this share.
    Index place(Index image) const { return image / count; }
    /// Who has it, as Dataset::holder says it.
    Index holder(Index image) const { return count == 1 ? -1 : image % count; }
};

}  // namespace adjoint
