// Masked folder: pictures of one folder, and masks of another that say of each pixel what it is part of.
#pragma once

#include "datasets/image_folder.h"

namespace adjoint {

/// The pictures with their masks as one channel more, as Dataset::masked has it. The mask of DIR/cats/1.jpg is
/// MASKS/cats/1.png, grey, of 8 bits or 1, and of the same size. Its pixels are 0, 1, … for the classes, or 0 and 255
/// where there are two. A mask is cut as its picture is, and takes the class of the nearest pixel.
class MaskedFolder : public Dataset {
  public:
    /// Reads every mask once. The classes are called 0, 1, … unless names are given, those of other masks.
    /// Throws MissingInput where a mask is not there, and DataError where it is not grey, of another depth or size, or
    /// has a class that is not among the names.
    MaskedFolder(std::shared_ptr<const ImageFolder> pictures, std::string folder, std::string masks,
                 std::vector<std::string> classes = {});

    Index size() const override { return pictures_->size(); }
    Shape image_shape() const override;
    const std::vector<std::string>& classes() const override { return classes_; }
    bool masked() const override { return true; }
    int read(Index index, std::span<float> pixels) const override;
    std::uint32_t checksum() const override { return checksum_; }

  private:
    std::string mask_of(Index index) const;

    std::shared_ptr<const ImageFolder> pictures_;
    std::string folder_, masks_;
    std::vector<std::string> classes_;
    bool white_is_one_ = true;  // the only classes are 0 and 255
    std::uint32_t checksum_ = 0;
};

}  // namespace adjoint
