// Choice of the images that a run trains on.
#pragma once

#include <filesystem>
#include <string>

#include "train/data/dataset_split.h"

namespace CLI {
class App;
}

namespace adjoint {

struct DatasetOptions {
    std::string name = "auto";             ///< auto, mnist, fashion-mnist, kmnist, digits, scenes, images:DIR or x.npz
    std::filesystem::path directory = {};  ///< where their files are; else ADJOINT_DATA_DIR or data, else the cache
    std::filesystem::path masks = {};      ///< a folder of masks for the images of a folder
    Index image_size = 0;                  ///< height and width of the images of a folder; 0 for what suits them
    Index channels = 0;                    ///< of the images of a folder: 1 grey, 3 RGB, 0 for what they have
    bool skip_bad = false;                 ///< go on without the files of a folder that cannot be read
    std::string validation = "1/12";       ///< the part of the training images that decides, or a folder of others
    std::uint64_t seed = 1;                ///< of the choice of that part
};

/// What stands before the folder in images:DIR.
const inline std::string images_prefix = "images:";

/// Declares --dataset, --masks, --data-dir and --skip-bad.
void add_dataset_options(CLI::App& command, DatasetOptions& options);

/// Opens the dataset; `auto` takes MNIST where its files are, fetches it to the cache where a mirror answers within
/// seconds, and takes the drawn digits elsewhere, saying which. Where a directory is named, by --data-dir or
/// ADJOINT_DATA_DIR, it must be there, and nothing is fetched or drawn. Of a folder of images, those beneath train/,
/// validation/ and test/ are such images; where it has no train/ and test/, split_test chooses. Unless there are others
/// for it, a part of the training images is split off for validation. Files that are skipped are named and counted.
/// Throws MissingInput when a dataset or a folder is asked for and not there, DataError when a file in it cannot be
/// read, and where the images are not of the size and channels that are asked for.
Datasets open_datasets(const DatasetOptions& options);

}  // namespace adjoint
