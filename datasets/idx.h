// IDX files, in which MNIST and its family come: a magic number, the extents and the elements, plain or gzipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/image_share.h"

namespace adjoint {

/// The content of an IDX file: elements in row-major order, each 0..255.
struct IdxArray {
    Shape shape;                         // of all that the file has
    std::vector<std::uint8_t> elements;  // those of a share of axis 0
    std::uint32_t checksum = 0;          // of all elements
};

/// Reads an IDX file of unsigned bytes of any shape, plain or gzipped, through a pipe too, and keeps a share of what
/// stands along axis 0. Memory grows with what the file holds of it, whatever its header says.
/// Throws MissingInput when the file is not there or cannot be read, DataError when it is not such a file; the message
/// names the path and the byte, counted in the unpacked file:
/// `images.gz: at byte 16: expected 47040000 bytes of the elements of [60000, 28, 28]; got 12345`.
/// Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", the section on file
/// formats.
IdxArray read_idx(const std::string& path, ImageShare share = {});

/// The two files of one half of MNIST, or of whatever is stored alike (Fashion-MNIST, KMNIST, EMNIST, …).
struct MnistFiles {
    std::string images;  // [N, H, W]
    std::string labels;  // [N]
};

/// The training or the test half of MNIST under its usual names, {train,t10k}-images{-,.}idx3-ubyte{,.gz} and labels
/// alike, in `directory` or else in mnist/ or MNIST/raw/ beneath it; nothing unless both files are in one place. FIFOs
/// and devices are not taken for files.
std::optional<MnistFiles> find_mnist(const std::string& directory, bool training);

/// The images of an IDX file, each [H, W, 1], pixel = byte / 255, with the labels of another; both are held in memory,
/// of the images, where processes work together, by each its share.
/// Throws as read_idx does, and DataError when the ranks are not 3 and 1, there is not one label an image, or a label
/// is not that of a class: `labels.gz: label 77 is 200, not one of 10 classes`.
class IdxDataset : public Dataset {
  public:
    explicit IdxDataset(const MnistFiles& files, std::vector<std::string> classes = ten_classes(),
                        ImageShare share = ImageShare::here());

    Index size() const override { return images_.shape[0]; }
    Shape image_shape() const override { return {images_.shape[1], images_.shape[2], 1}; }
    const std::vector<std::string>& classes() const override { return classes_; }
    std::optional<Index> holder(Index index) const override { return share_.holder(index); }
    int read(Index index, std::span<float> pixels) const override;
    std::uint32_t checksum() const override;

  private:
    ImageShare share_;
    IdxArray images_;
    IdxArray labels_;
    std::vector<std::string> classes_;
};

}  // namespace adjoint
