// Choice of the images that a run trains on.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "datasets/batches.h"

namespace CLI {
class App;
}

namespace adjoint {

struct DatasetOptions {
    std::string name = "auto";             ///< auto, mnist, fashion-mnist, kmnist, digits or images:DIR
    std::filesystem::path directory = {};  ///< where their files are; else ADJOINT_DATA_DIR or data, else the cache
    Index image_size = 28;                 ///< height and width of the images of a folder
    Index channels = 1;                    ///< of the images of a folder: 1 grey, 3 RGB
    bool skip_bad = false;                 ///< go on without the files of a folder that cannot be read
};

/// Declares --dataset, --data-dir and --skip-bad.
void add_dataset_options(CLI::App& command, DatasetOptions& options);

struct Datasets {
    std::string name;  ///< mnist, fashion-mnist, kmnist, digits or images:DIR
    std::shared_ptr<const Dataset> training;
    std::shared_ptr<const Dataset> test;
};

/// Opens the dataset; `auto` takes MNIST where its files are, fetches it to the cache where a mirror answers within
/// seconds, and takes the drawn digits elsewhere, saying which. Nothing is fetched where a directory is named. Of a
/// folder of images, those beneath train/ and test/ are training and test images; where it has no such folders, every
/// tenth image from the first on is a test image. Files that are skipped are named and counted.
/// Throws MissingInput when a dataset or a folder is asked for and not there, DataError when a file in it cannot be
/// read, and where the images are not of the size and channels that are asked for.
Datasets open_datasets(const DatasetOptions& options);

/// The first batch of an epoch in this order alone: as often as the epoch has batches to train on, and once to test
/// with.
Datasets one_batch_of(const Datasets& data, Index batch_size, const Random& order);

/// The first `count` images of a dataset, [count, H, W, C].
inline Tensor first_images(const Dataset& dataset, Index count) { return first_batch(dataset, count).images; }

}  // namespace adjoint
