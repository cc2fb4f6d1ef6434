// Dataset: labelled images of one shape, addressed by number.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "framework/tensor/shape.h"

namespace adjoint {

/// Labelled images. Every function may be called from any thread.
class Dataset {
  public:
    virtual ~Dataset() = default;

    /// The number of images.
    virtual Index size() const = 0;
    /// [H, W, C], the same for every image.
    virtual Shape image_shape() const = 0;
    /// Writes image `index` to `pixels`, row-major [H, W, C] in 0..1, and returns its label.
    virtual int read(Index index, std::span<float> pixels) const = 0;
};

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
