// Dataset split: the images that a run learns from, those that decide which of its weights are best, and those that are
// only shown.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "datasets/batches.h"
#include "train/data/data_record.h"

namespace adjoint {

struct Datasets {
    std::string name = "";                 ///< as in a DataRecord
    std::filesystem::path directory = "";  ///< where their files are; "" for drawn digits
    std::shared_ptr<const Dataset> training = {};
    std::shared_ptr<const Dataset> validation = {};  ///< none where nothing is to be decided
    std::shared_ptr<const Dataset> test = {};

    DataRecord record() const;
    /// What messages call them: "digits", "mnist in data".
    std::string called() const;
};

/// The part that a text names: 1/12, 0.1, 0. Nothing where it is no number from 0 to below 1.
std::optional<double> parse_fraction(const std::string& text);

/// Takes that part of the training images, at least one of them unless it is 0, for validation; which ones is a
/// function of their number and of `random`. Throws where there is only one image to split.
void split_validation(Datasets& data, double part, const Random& random);

/// Every twelfth image from the first on is a test image, the others are training images.
Datasets split_test(const std::shared_ptr<const Dataset>& images);

/// The first batch of an epoch in this order alone: as often as the epoch has batches to train on, and once to validate
/// and to test with.
Datasets one_batch_of(const Datasets& data, Index batch_size, const Random& order);

/// The first `count` images of a dataset, [count, H, W, C].
inline Tensor first_images(const Dataset& dataset, Index count) { return first_batch(dataset, count).images; }

}  // namespace adjoint
