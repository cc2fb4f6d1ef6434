// Dataset: labelled images of one shape, addressed by number.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
    /// The names of the classes; every label is the number of one of them.
    virtual const std::vector<std::string>& classes() const = 0;
    /// The one process that can read image `index`, where the images in memory are divided among several; nothing where
    /// every process can.
    virtual std::optional<Index> holder(Index /*index*/) const { return std::nullopt; }
    /// Whether the last channel is a mask, and no part of the picture: pixels of class k are k / 255 there.
    virtual bool masked() const { return false; }
    /// Writes image `index` to `pixels`, row-major [H, W, C] in 0..1, and returns its label.
    virtual int read(Index index, std::span<float> pixels) const = 0;
    /// The same number for the same images and labels in the same order, and hardly ever for others.
    virtual std::uint32_t checksum() const = 0;
};

/// [H, W, C] of the pictures alone, without a mask.
Shape picture_shape(const Dataset& images);

/// 0, …, 9, the classes of MNIST and its family.
const std::vector<std::string>& ten_classes();

/// CRC-32 of bytes that come after others, which have the checksum `before`.
std::uint32_t checksum_of(std::span<const std::byte> bytes, std::uint32_t before = 0);
/// CRC-32 of `size` bytes that have the checksum `own`, after others.
std::uint32_t joined_checksum(std::uint32_t before, std::uint32_t own, Index size);
template <class T>
std::uint32_t checksum_of(const std::vector<T>& elements, std::uint32_t before = 0) {
    return checksum_of(std::as_bytes(std::span(elements)), before);
}

/// Some images of a dataset, in this order.
class Subset : public Dataset {
  public:
    Subset(std::shared_ptr<const Dataset> whole, std::vector<Index> indices)
        : whole_(std::move(whole)), indices_(std::move(indices)) {}

    Index size() const override { return std::ssize(indices_); }
    Shape image_shape() const override { return whole_->image_shape(); }
    const std::vector<std::string>& classes() const override { return whole_->classes(); }
    bool masked() const override { return whole_->masked(); }
    int read(Index index, std::span<float> pixels) const override {
        return whole_->read(indices_.at(static_cast<std::size_t>(index)), pixels);
    }
    std::optional<Index> holder(Index index) const override {
        return whole_->holder(indices_.at(static_cast<std::size_t>(index)));
    }
    std::uint32_t checksum() const override { return checksum_of(indices_, whole_->checksum()); }

  private:
    std::shared_ptr<const Dataset> whole_;
    std::vector<Index> indices_;
};

}  // namespace adjoint
