// Which images does a run train on?
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "datasets/dataset.h"
#include "framework/tensor.h"

namespace adjoint {

struct DatasetOptions {
    std::string name = "auto";        ///< auto, mnist or digits
    std::filesystem::path directory;  ///< where MNIST's files are; else ADJOINT_DATA_DIR, else data
};

/// Declares --dataset and --data-dir.
void add_dataset_options(CLI::App& command, DatasetOptions& options);

struct Datasets {
    std::string name;  ///< mnist or digits
    std::shared_ptr<const Dataset> training;
    std::shared_ptr<const Dataset> test;
};

/// Opens the dataset; `auto` takes MNIST where its files are and the drawn digits elsewhere, saying which.
/// Throws MissingInput when MNIST is asked for and not there.
Datasets open_datasets(const DatasetOptions& options);

/// The first `count` images of a dataset, [count, H, W, C].
Tensor first_images(const Dataset& dataset, Index count);

}  // namespace adjoint
