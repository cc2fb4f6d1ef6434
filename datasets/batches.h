// Batches: the images of a dataset in an order that is a function of a Random, each batch prepared while the one before
// it trains.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "datasets/dataset.h"
#include "framework/tensor/random.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// The numbers 0..size − 1 in random order, a function of (size, random) alone.
/// Source: R. A. Fisher, F. Yates, 1938; R. Durstenfeld, "Algorithm 235: random permutation", CACM 1964.
std::vector<Index> shuffled(Index size, const Random& random);

struct Batch {
    Tensor images;            // float32 [B, H, W, C] in 0..1
    std::vector<int> labels;  // B
};

/// The first `count` images of a dataset, or all where there are fewer; all of them on every process.
Batch first_batch(const Dataset& dataset, Index count);

/// One epoch of a dataset. Where processes work together each gets its own part of every batch, images that are divided
/// and their labels, and reads for the others what it alone holds. What it yields depends on the dataset and the
/// options only, not on the timing of threads.
class Batches {
  public:
    struct Options {
        Index batch_size = 64;
        std::optional<Random> shuffle = std::nullopt;  // nothing: in the dataset's own order
        bool drop_last = false;                        // leave out the last batch where it would be smaller
        Index first = 0;                               // begin with this one: those before were seen already
    };

    /// Throws unless the whole epoch has at least one batch.
    Batches(std::shared_ptr<const Dataset> dataset, const Options& options);
    Batches(Batches&&) noexcept;
    Batches& operator=(Batches&&) noexcept;
    ~Batches();  // waits for the thread that prepares a batch

    /// The next batch, or nothing after the last. Rethrows what Dataset::read threw; the epoch is then over.
    std::optional<Batch> next();

    /// The number of batches in the whole epoch.
    Index count() const { return count_; }

  private:
    struct Upcoming;
    void prepare_next();

    std::shared_ptr<const Dataset> dataset_;
    std::vector<Index> order_;
    Index batch_size_;
    Index count_;
    Index prepared_;
    std::unique_ptr<Upcoming> upcoming_;  // the batch that is being prepared, if any
};

}  // namespace adjoint
