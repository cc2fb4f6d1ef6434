// Dataset of a folder of images: its PNG and JPEG files, each decoded when it is read, cut to a square and resized.
#pragma once

#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// Reads a PNG or JPEG file as an image [H, W, channels] in 0..1: 1 grey, colours as their luminance, or 3 RGB. Opacity
/// and the orientation that a camera noted are ignored. Throws MissingInput where the file cannot be read, and
/// DataError where it is no such image, is damaged, or is larger than 2²⁶ pixels or 2²⁸ bytes: `cat.png: must be a PNG
/// or JPEG image; got a file that ends before its image does`.
Tensor read_image(const std::string& path, Index channels);

/// The PNG and JPEG files of a folder and of those beneath it, in the order of their names, each an image
/// [image_size, image_size, channels] by square_crop. Labels number the folders directly beneath it in the order of
/// theirs; files in the folder itself come first, under a label of their own. Hidden files, and files of other
/// extensions, are no part of it. No image is held in memory.
class ImageFolder : public Dataset {
  public:
    struct Options {
        Index image_size = 28;
        Index channels = 1;
        bool skip_bad = false;  // go on without the files that cannot be read
    };
    /// Decodes every file once, in parallel, so that none fails in the midst of training.
    /// Throws MissingInput where there is no such folder or it holds no images, and DataError with the name of the
    /// first file that cannot be read, unless those are to be skipped.
    ImageFolder(const std::string& folder, const Options& options);

    Index size() const override { return std::ssize(files_); }
    Shape image_shape() const override { return {options_.image_size, options_.image_size, options_.channels}; }
    int read(Index index, std::span<float> pixels) const override;

    /// The names of the labels; "" for the folder itself.
    const std::vector<std::string>& labels() const { return labels_; }
    /// What is wrong with each file that was skipped, as read_image says it.
    const std::vector<std::string>& skipped() const { return skipped_; }

  private:
    struct File {
        std::string path;
        int label;
        std::string fault = {};  // why it cannot be read
    };
    void find_files(const std::string& folder);
    void check_files();

    Options options_;
    std::vector<File> files_;
    std::vector<std::string> labels_;
    std::vector<std::string> skipped_;
};

}  // namespace adjoint
