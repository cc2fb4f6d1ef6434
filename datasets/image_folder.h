// Dataset of a folder of images: its PNG and JPEG files, each decoded when it is read, cut to a square and resized.
#pragma once

#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace adjoint {

/// The PNG and JPEG files of a folder and of those beneath it, in the order of their names, each an image
/// [image_size, image_size, channels] by read_picture and square_crop. The folders directly beneath it are the classes,
/// in the order of their names; files in the folder itself come first, as a class of their own without a name. Links to
/// files and folders are followed. What is hidden, files of other extensions, and the __MACOSX of an archive are no
/// part of it. No image is held in memory.
class ImageFolder : public Dataset {
  public:
    struct Options {
        Index image_size = 28;                  // 0 for suitable_side of the median of the images' shorter sides
        Index channels = 1;                     // 0 for 3 where an image has colours, else 1
        bool skip_bad = false;                  // go on without the files that cannot be read
        std::vector<std::string> classes = {};  // which there must be; the folders where none are named
    };
    /// Decodes every file once, in parallel, so that none fails in the midst of training.
    /// Throws MissingInput where there is no such folder, one beneath it cannot be read, or there are no images, and
    /// DataError with the name of the first file that cannot be read, unless those are to be skipped, and of a folder
    /// that is none of the classes that are named.
    ImageFolder(const std::string& folder, const Options& options);

    Index size() const override { return std::ssize(files_); }
    Shape image_shape() const override { return {options_.image_size, options_.image_size, options_.channels}; }
    const std::vector<std::string>& classes() const override { return options_.classes; }
    int read(Index index, std::span<float> pixels) const override;
    /// Of the files' contents, labels and order, not of where they are.
    std::uint32_t checksum() const override { return checksum_; }

    const std::string& path(Index index) const { return files_.at(static_cast<std::size_t>(index)).path; }
    /// Of the picture, upright and before it is cut.
    Index height(Index index) const { return files_.at(static_cast<std::size_t>(index)).height; }
    Index width(Index index) const { return files_.at(static_cast<std::size_t>(index)).width; }
    /// `900 images, 3 classes, 48–1024 pixels, as 64 × 64 RGB, cut to the square in the middle; 2 files skipped`
    std::string text() const;
    /// What was skipped and why, in the order of names: `<path>: must be …; got …`. Files that cannot be read, as
    /// read_picture says it; in any case links that lead nowhere or back to a folder that they are in, and FIFOs,
    /// sockets and devices by an image's name.
    const std::vector<std::string>& skipped() const { return skipped_; }
    /// How many files are no images by their names.
    Index others() const { return others_; }

  private:
    struct File {
        std::string path;
        int label;
        Index height = 0, width = 0;
        bool coloured = false;
        std::uint32_t checksum = 0;
        std::string fault = {};  // why it cannot be read
    };
    void find_files(const std::string& folder);
    int label_of(const std::string& name, const std::string& folder);
    void check_files();
    void choose_size();

    Options options_;
    std::vector<File> files_;
    std::vector<std::string> skipped_;
    Index others_ = 0;
    Index smallest_ = 0, largest_ = 0;  // sides of the images
    std::uint32_t checksum_ = 0;
};

}  // namespace adjoint
