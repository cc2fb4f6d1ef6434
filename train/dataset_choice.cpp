#include "train/dataset_choice.h"

#include <algorithm>
#include <cstdlib>
#include <spdlog/spdlog.h>

#include "datasets/digits_dataset.h"
#include "datasets/idx.h"
#include "datasets/image_folder.h"
#include "datasets/subset.h"

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

const std::string images_prefix = "images:";

CLI::Validator dataset_name() {
    return CLI::Validator(
        [](const std::string& name) -> std::string {
            const bool folder = name.starts_with(images_prefix) && name.size() > images_prefix.size();
            if (folder || name == "auto" || name == "mnist" || name == "digits") return "";
            return fmt::format("must be auto, mnist, digits or images:DIR; got {}", name);
        },
        "auto|mnist|digits|images:DIR");
}

std::shared_ptr<const ImageFolder> open_folder(const std::filesystem::path& folder, const DatasetOptions& options) {
    const auto images = std::make_shared<ImageFolder>(
        folder, ImageFolder::Options{options.image_size, options.channels, options.skip_bad});
    for (const std::string& fault : images->skipped()) spdlog::warn("skipped: {}", fault);
    spdlog::info("dataset: {} images, {} labels, {} files skipped in {}", images->size(), images->labels().size(),
                 images->skipped().size(), folder.string());
    return images;
}

Datasets open_images(const DatasetOptions& options) {
    const std::filesystem::path folder = options.name.substr(images_prefix.size());
    if (std::filesystem::is_directory(folder / "train") && std::filesystem::is_directory(folder / "test")) {
        return {.name = options.name,
                .training = open_folder(folder / "train", options),
                .test = open_folder(folder / "test", options)};
    }
    const std::shared_ptr<const Dataset> images = open_folder(folder, options);
    constexpr Index tenth = 10;
    std::vector<Index> training, test;
    for (Index i = 0; i < images->size(); ++i) (i % tenth == 0 ? test : training).push_back(i);
    return {.name = options.name,
            .training = std::make_shared<Subset>(images, std::move(training)),
            .test = std::make_shared<Subset>(images, std::move(test))};
}

Datasets open_mnist_or_digits(const DatasetOptions& options) {
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

}  // namespace

void add_dataset_options(CLI::App& command, DatasetOptions& options) {
    command
        .add_option(
            "--dataset", options.name,
            "mnist, digits (drawn by adjoint itself), images:DIR (PNG and JPEG files of any size in a folder, with its "
            "sub-folders as labels), or auto: mnist where its files are, else digits")
        ->check(dataset_name())
        ->capture_default_str();
    command.add_option("--data-dir", options.directory,
                       "Directory with MNIST's IDX files, gzipped or not; by default ADJOINT_DATA_DIR, else data");
    command.add_flag("--skip-bad", options.skip_bad, "Go on without the files of images:DIR that cannot be read");
}

Datasets open_datasets(const DatasetOptions& options) {
    if (options.name.starts_with(images_prefix)) return open_images(options);
    Datasets data = open_mnist_or_digits(options);
    const Shape wanted = {options.image_size, options.image_size, options.channels}, got = data.training->image_shape();
    require<DataError>(got == wanted, "{}: images must be {}, as the model takes them; got {}", data.name, wanted, got);
    return data;
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
