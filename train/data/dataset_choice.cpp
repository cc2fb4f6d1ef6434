#include "train/data/dataset_choice.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/ranges.h>
#include <optional>
#include <spdlog/spdlog.h>

#include "datasets/drawn_digits.h"
#include "datasets/idx.h"
#include "datasets/image_folder.h"
#include "datasets/published_datasets.h"
#include "train/cli/environment.h"
#include "train/data/dataset_fetch.h"

namespace adjoint {
namespace {

// As many as MNIST has. The test images lie beyond the training images of the same endless supply.
constexpr Index training_size = 60'000, test_size = 10'000;
constexpr std::uint64_t digits_seed = 1;

// Where files were put by hand.
std::filesystem::path data_directory(const DatasetOptions& options) {
    if (!options.directory.empty()) return options.directory;
    const std::string directory = environment("ADJOINT_DATA_DIR");
    return directory.empty() ? "data" : directory;
}

Datasets open_digits() {
    return {.name = "digits",
            .training = std::make_shared<DigitsDataset>(DigitsDataset::Range{digits_seed, 0, training_size}),
            .test = std::make_shared<DigitsDataset>(DigitsDataset::Range{digits_seed, training_size, test_size})};
}

const std::string images_prefix = "images:";

std::string refuse_unknown(const std::string& name) {
    const bool folder = name.starts_with(images_prefix) && name.size() > images_prefix.size();
    if (folder || name == "auto" || name == "digits" || find_published_dataset(name) != nullptr) return "";
    return fmt::format("must be auto, mnist, fashion-mnist, kmnist, digits or images:DIR; got {}", name);
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

// Where the four files of a dataset may be: MNIST's in the directory itself, and all that was fetched in the cache,
// unless a directory is named.
std::vector<std::filesystem::path> places_of(const PublishedDataset& dataset, const DatasetOptions& options) {
    const std::filesystem::path directory = data_directory(options);
    std::vector<std::filesystem::path> places = {dataset.name == "mnist" ? directory : directory / dataset.name};
    if (options.directory.empty()) places.push_back(cache_directory() / dataset.name);
    return places;
}

std::optional<Datasets> find_dataset(const PublishedDataset& dataset, const DatasetOptions& options) {
    for (const std::filesystem::path& place : places_of(dataset, options)) {
        const auto training = find_mnist(place, /*training=*/true), test = find_mnist(place, /*training=*/false);
        if (!training || !test) continue;
        if (options.name == "auto") spdlog::info("dataset: {} from {}", dataset.title, place.string());
        return Datasets{.name = dataset.name,
                        .training = std::make_shared<IdxDataset>(*training),
                        .test = std::make_shared<IdxDataset>(*test)};
    }
    return std::nullopt;
}

// Puts MNIST into the cache, if that can be done at once; else says why not.
std::optional<std::string> fail_to_fetch(const PublishedDataset& mnist) {
    const std::string offline = environment("ADJOINT_OFFLINE");
    if (!offline.empty() && offline != "0") return "ADJOINT_OFFLINE is set";
    constexpr std::chrono::milliseconds connecting(2'000);  // to all mirrors
    std::vector<std::string> failures;
    const FetchOptions options = {.connecting = connecting / std::ssize(mnist.mirrors),
                                  .stalling = std::chrono::seconds(3),
                                  .failed = [&](const std::string& failure) { failures.push_back(failure); }};
    try {
        fetch_dataset(mnist, cache_directory() / mnist.name, options);
        return std::nullopt;
    } catch (const CannotWrite& error) {
        return error.what();
    } catch (const Error& error) {
        return failures.empty() ? error.what() : failures.front();
    }
}

Datasets open_mnist_or_digits(const DatasetOptions& options) {
    const PublishedDataset& mnist = *find_published_dataset("mnist");
    if (const auto found = find_dataset(mnist, options)) return *found;
    std::string unfetched;
    if (options.directory.empty()) {
        const std::optional<std::string> failure = fail_to_fetch(mnist);
        if (!failure) return find_dataset(mnist, options).value();
        unfetched = fmt::format(" and cannot be fetched ({})", *failure);
    }
    spdlog::info(
        "dataset: digits drawn by adjoint, as MNIST is not in {}{}; to train on it, put its four IDX files "
        "(train-images-idx3-ubyte.gz, …) there or name their directory with --data-dir",
        data_directory(options).string(), unfetched);
    return open_digits();
}

Datasets open_published(const PublishedDataset& dataset, const DatasetOptions& options) {
    if (const auto found = find_dataset(dataset, options)) return *found;
    const std::filesystem::path place = places_of(dataset, options).front();
    throw MissingInput(fmt::format(
        "{}: {}'s four files (train-images-idx3-ubyte.gz and so on) must be there; got {}{}", place.string(),
        dataset.title, std::filesystem::is_directory(place) ? "a directory without them" : "no such directory",
        options.directory.empty() ? fmt::format("; adjoint data get {} fetches them", dataset.name) : ""));
}

}  // namespace

void add_dataset_options(CLI::App& command, DatasetOptions& options) {
    command
        .add_option(
            "--dataset", options.name,
            "mnist, fashion-mnist, kmnist, digits (drawn by adjoint itself), images:DIR (PNG and JPEG files of any "
            "size in a folder, with its sub-folders as labels), or auto: mnist where its files are or can be fetched "
            "(not with ADJOINT_OFFLINE=1), else digits")
        ->check(refuse_unknown, "auto|mnist|fashion-mnist|kmnist|digits|images:DIR")
        ->capture_default_str();
    command.add_option(
        "--data-dir", options.directory,
        "Directory with MNIST's IDX files, gzipped or not, or with others' in fashion-mnist or kmnist; by "
        "default ADJOINT_DATA_DIR, else data, and then also where adjoint data get puts them");
    command.add_flag("--skip-bad", options.skip_bad, "Go on without the files of images:DIR that cannot be read");
}

Datasets open_datasets(const DatasetOptions& options) {
    if (options.name.starts_with(images_prefix)) return open_images(options);
    const PublishedDataset* const published = find_published_dataset(options.name);
    Datasets data = options.name == "digits" ? open_digits()
                    : published != nullptr   ? open_published(*published, options)
                                             : open_mnist_or_digits(options);
    const Shape wanted = {options.image_size, options.image_size, options.channels}, got = data.training->image_shape();
    require<DataError>(got == wanted, "{}: images must be {}, as the model takes them; got {}", data.name, wanted, got);
    return data;
}

Datasets one_batch_of(const Datasets& data, Index batch_size, const Random& order) {
    const Index size = data.training->size(), count = std::min(batch_size, size);
    std::vector<Index> batch = shuffled(size, order), repeated;
    batch.resize(static_cast<std::size_t>(count));
    for (Index b = 0; b < size / count; ++b) repeated.insert(repeated.end(), batch.begin(), batch.end());
    return {.name = data.name,
            .training = std::make_shared<Subset>(data.training, std::move(repeated)),
            .test = std::make_shared<Subset>(data.training, std::move(batch))};
}

}  // namespace adjoint
