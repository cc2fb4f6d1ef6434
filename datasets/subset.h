// Subset of a dataset, for example the images to train on or those to test with.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "datasets/dataset.h"

namespace adjoint {

/// Some images of a dataset, in this order.
class Subset : public Dataset {
  public:
    Subset(std::shared_ptr<const Dataset> whole, std::vector<Index> indices)
        : whole_(std::move(whole)), indices_(std::move(indices)) {}

    Index size() const override { return std::ssize(indices_); }
    Shape image_shape() const override { return whole_->image_shape(); }
    int read(Index index, std::span<float> pixels) const override {
        return whole_->read(indices_.at(static_cast<std::size_t>(index)), pixels);
    }

  private:
    std::shared_ptr<const Dataset> whole_;
    std::vector<Index> indices_;
};

}  // namespace adjoint
