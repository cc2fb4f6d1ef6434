// Array dataset: images, and labels where there are any, from NumPy's .npy and .npz files.
#pragma once

#include "datasets/image_share.h"
#include "train/data/dataset_split.h"
#include "train/data/image_input.h"

namespace adjoint {

/// Images held in memory, where processes work together by each its share, with a label each.
class ArrayDataset : public Dataset {
  public:
    /// Throws unless there are as many labels as images, each the number of a class.
    ArrayDataset(Tensor images, std::vector<int> labels, std::vector<std::string> classes);

    Index size() const override { return std::ssize(labels_); }
    Shape image_shape() const override { return {images_.extent(1), images_.extent(2), images_.extent(3)}; }
    const std::vector<std::string>& classes() const override { return classes_; }
    std::optional<Index> holder(Index index) const override { return share_.holder(index); }
    int read(Index index, std::span<float> pixels) const override;
    std::uint32_t checksum() const override { return checksum_; }

  private:
    ImageShare share_ = ImageShare::here();
    Tensor images_;  // float32 [those of this share, H, W, C] in 0..1
    std::vector<int> labels_;
    std::vector<std::string> classes_;
    std::uint32_t checksum_;  // of all images and labels
};

/// The images of x.npy, or of x.npz under the name images, x, x_train or arr_0, with labels under labels, y, y_train or
/// arr_1; an .npz may have test images too, as x_test and y_test, where split_test would choose some. A size of 0
/// stands for what suits the images.   Throws MissingInput and DataError with the name of the file and the array.
Datasets open_arrays(const std::filesystem::path& file, const ImageSize& size);

}  // namespace adjoint
