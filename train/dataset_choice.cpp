#include "train/dataset_choice.h"

#include <algorithm>
#include <cstdlib>
#include <spdlog/spdlog.h>

#include "datasets/digits_dataset.h"
#include "datasets/idx.h"

namespace adjoint {
namespace {

// As many as MNIST has. The test images lie beyond the training images of the same endless supply.
constexpr Index training_size = 60'000, test_size = 10'000;
constexpr std::uint64_t digits_seed = 1;

std::filesystem::path data_directory(const DatasetOptions& options) {
    if (!options.directory.empty()) return options.directory;
    const char* directory = std::getenv("ADJOINT_DATA_DIR");
    return directory != nullptr && *directory != '\0' ? directory : "data";
}

Datasets open_digits() {
    return {.name = "digits",
            .training = std::make_shared<DigitsDataset>(DigitsDataset::Range{digits_seed, 0, training_size}),
            .test = std::make_shared<DigitsDataset>(DigitsDataset::Range{digits_seed, training_size, test_size})};
}

}  // namespace

void add_dataset_options(CLI::App& command, DatasetOptions& options) {
    command
        .add_option("--dataset", options.name,
                    "mnist, digits (drawn by adjoint itself), or auto: mnist where its files are, else digits")
        ->check(CLI::IsMember({"auto", "mnist", "digits"}))
        ->capture_default_str();
    command.add_option("--data-dir", options.directory,
                       "Directory with MNIST's IDX files, gzipped or not; by default ADJOINT_DATA_DIR, else data");
}

Datasets open_datasets(const DatasetOptions& options) {
    if (options.name == "digits") return open_digits();
    const std::filesystem::path directory = data_directory(options);
    const auto training = find_mnist(directory, /*training=*/true), test = find_mnist(directory, /*training=*/false);
    if (training && test) {
        if (options.name == "auto") spdlog::info("dataset: MNIST from {}", directory.string());
        return {.name = "mnist",
                .training = std::make_shared<IdxDataset>(*training),
                .test = std::make_shared<IdxDataset>(*test)};
    }
    require<MissingInput>(options.name == "auto",
                          "{}: MNIST's four files (train-images-idx3-ubyte.gz and so on) must be there; got {}",
                          directory.string(),
                          std::filesystem::is_directory(directory) ? "a directory without them" : "no such directory");
    spdlog::info(
        "dataset: digits drawn by adjoint, as MNIST is not in {}; to train on it, put its four IDX files "
        "(train-images-idx3-ubyte.gz, …) there or name their directory with --data-dir",
        directory.string());
    return open_digits();
}

Tensor first_images(const Dataset& dataset, Index count) {
    Shape shape = dataset.image_shape();
    const Index pixels = element_count(shape);
    shape.insert(shape.begin(), std::min(count, dataset.size()));
    return Tensor::build<float>(shape, [&](std::span<float> out) {
        for (Index n = 0; n < shape[0]; ++n) dataset.read(n, out.subspan(n * pixels, pixels));
    });
}

}  // namespace adjoint
