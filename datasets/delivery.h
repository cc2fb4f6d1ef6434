// Delivery: the images of one batch on their way from the processes that hold them to those that train on them.
#pragma once

#include <vector>

#include "datasets/batches.h"

namespace adjoint {

/// Says for one batch who reads which images for whom. Where every process can read every image each reads its own, and
/// nothing travels.
class Delivery {
  public:
    /// wanted[p] are the images that process p wants, in this order; there is one list where a process works alone.
    Delivery(const Dataset& dataset, const std::vector<std::vector<Index>>& wanted);

    /// The images that this process reads, for itself and for others.
    const std::vector<Index>& read_here() const { return read_here_; }
    /// From those, what this process wants. All processes call this together.
    Batch arrived(Batch read) const;

  private:
    template <class T>
    void exchange(const T* own, std::size_t width, T* out) const;

    std::vector<Index> read_here_;   // those of the first process that gets some, of the second, …
    std::vector<std::size_t> sent_;  // how many of them each process gets
    std::vector<Index> senders_;     // of each image that this process wants
    bool travels_ = false;           // whether any process holds images that others want
};

}  // namespace adjoint
