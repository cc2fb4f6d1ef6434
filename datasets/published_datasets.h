// Published datasets: the files of MNIST and its family, their mirrors, and their digests.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/shape.h"

namespace adjoint {

/// An IDX file, gzipped, and the digest that somebody who had it made public.
struct PublishedFile {
    enum class Digest { of_packed, of_unpacked };

    std::string name;  ///< for example train-images-idx3-ubyte.gz
    Shape shape;       ///< of its elements: [N, H, W] of images, [N] of labels
    Digest digest;     ///< whether the SHA-256 is of the file as it is, or of what is in the gzip
    std::string sha256;
};

struct PublishedDataset {
    std::string name;                  ///< as it is typed, and its directory: fashion-mnist
    std::string title;                 ///< as it is written: Fashion-MNIST
    std::vector<std::string> mirrors;  ///< addresses before the files' names, the most dependable first
    std::vector<PublishedFile> files;
};

/// The dataset of that name, which is mnist, fashion-mnist or kmnist; null for others.
const PublishedDataset* find_published_dataset(const std::string& name);

/// The bytes of the file at `path`, which are those that were published. Throws as read_idx does, and DataError where
/// the shape or the digest is another.
std::string read_published(const std::string& path, const PublishedFile& file);

}  // namespace adjoint
