#include "train/data/dataset_choice.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/ranges.h>
#include <optional>
#include <spdlog/spdlog.h>

#include "datasets/digits/digit_scenes.h"
#include "datasets/digits/drawn_digits.h"
#include "datasets/idx.h"
#include "datasets/masked_folder.h"
#include "datasets/published_datasets.h"
#include "models/image_model.h"
#include "train/cli/environment.h"
#include "train/cli/nearest_name.h"
#include "train/data/array_dataset.h"
#include "train/data/dataset_fetch.h"

namespace adjoint {
namespace {

// As many as MNIST has. The test images lie beyond the training images of the same endless supply.
constexpr Index training_size = 60'000, test_size = 10'000;
constexpr std::uint64_t digits_seed = 1;

// The directory that somebody named; "" where nobody did.
std::filesystem::path named_directory(const DatasetOptions& options) {
    return options.directory.empty() ? std::filesystem::path(environment("ADJOINT_DATA_DIR")) : options.directory;
}

Datasets open_digits() {
    return {.name = "digits",
            .training = std::make_shared<DigitsDataset>(DigitsDataset::Range{digits_seed, 0, training_size}),
            .test = std::make_shared<DigitsDataset>(DigitsDataset::Range{digits_seed, training_size, test_size})};
}

bool is_array_file(const std::string& name) { return name.ends_with(".npy") || name.ends_with(".npz"); }

std::string refuse_unknown(const std::string& name) {
    const bool folder = name.starts_with(images_prefix) && name.size() > images_prefix.size();
    if (folder || name == "auto" || name == "digits" || name == "scenes" || find_published_dataset(name) != nullptr ||
        is_array_file(name))
        return "";
    return fmt::format(
        "must be auto, mnist, fashion-mnist, kmnist, digits, scenes, images:DIR or an .npy or .npz file; got {}{}",
        name, did_you_mean(name, {"auto", "mnist", "fashion-mnist", "kmnist", "digits", "scenes"}));
}

// Where the masks of such a folder are: in the same place beneath the folder of masks.
std::filesystem::path masks_of(const std::filesystem::path& folder, const DatasetOptions& options) {
    const std::filesystem::path whole = options.name.substr(images_prefix.size());
    return (options.masks / folder.lexically_relative(whole)).lexically_normal();
}

// With the classes of other images, where there are any, so that labels mean the same.
std::shared_ptr<const Dataset> open_folder(const std::filesystem::path& folder, const DatasetOptions& options,
                                           const Dataset* others = nullptr) {
    const bool masked = !options.masks.empty();
    ImageFolder::Options how = {options.image_size, options.channels, options.skip_bad};
    if (others != nullptr) {
        how.image_size = others->image_shape()[0];
        how.channels = picture_shape(*others)[2];
        if (!masked) how.classes = others->classes();
    }
    const auto images = std::make_shared<ImageFolder>(folder, how);
    for (const std::string& fault : images->skipped()) spdlog::warn("skipped: {}", fault);
    spdlog::info("{}: {}", folder.string(), images->text());
    if (!masked) return images;
    return std::make_shared<MaskedFolder>(images, folder.string(), masks_of(folder, options).string(),
                                          others == nullptr ? std::vector<std::string>() : others->classes());
}

Datasets open_images(const std::filesystem::path& folder, const DatasetOptions& options) {
    const auto has = [&](const char* part) { return std::filesystem::is_directory(folder / part); };
    Datasets data;
    if (has("train") && has("test")) {
        data.training = open_folder(folder / "train", options);
        data.test = open_folder(folder / "test", options, data.training.get());
        if (has("validation")) data.validation = open_folder(folder / "validation", options, data.training.get());
    } else {
        data = split_test(open_folder(folder, options));
    }
    data.name = "images";
    data.directory = folder;
    return data;
}

// Where the files of datasets may be. Throws MissingInput where a directory is named and not there.
std::vector<std::filesystem::path> places_of(const DatasetOptions& options) {
    if (!options.directory.empty()) return {options.directory};
    const std::filesystem::path named = environment("ADJOINT_DATA_DIR");
    require<MissingInput>(named.empty() || std::filesystem::is_directory(named),
                          "ADJOINT_DATA_DIR: must name a directory; got {}, where there is none", named.string());
    return {named.empty() ? "data" : named, cache_directory()};
}

// Where a dataset's own files are in such a place: MNIST's may lie in it directly.
std::filesystem::path within(const std::filesystem::path& place, const PublishedDataset& dataset) {
    return dataset.name == "mnist" ? place : place / dataset.name;
}

// The files of a dataset, in one of those places.
struct FoundFiles {
    std::filesystem::path place;
    MnistFiles training, test;
};

std::optional<FoundFiles> find_files(const PublishedDataset& dataset, const DatasetOptions& options) {
    for (const std::filesystem::path& place : places_of(options)) {
        const std::string files = within(place, dataset).string();
        const auto training = find_mnist(files, /*training=*/true), test = find_mnist(files, /*training=*/false);
        if (training && test) return FoundFiles{place, *training, *test};
    }
    return std::nullopt;
}

std::optional<Datasets> find_dataset(const PublishedDataset& dataset, const DatasetOptions& options) {
    const std::optional<FoundFiles> found = find_files(dataset, options);
    if (!found) return std::nullopt;
    if (options.name == "auto")
        spdlog::info("dataset: {} from {}", dataset.title, within(found->place, dataset).string());
    return Datasets{.name = dataset.name,
                    .directory = found->place,
                    .training = std::make_shared<IdxDataset>(found->training),
                    .test = std::make_shared<IdxDataset>(found->test)};
}

Datasets open_published(const PublishedDataset& dataset, const DatasetOptions& options) {
    if (const auto found = find_dataset(dataset, options)) return *found;
    const std::filesystem::path place = within(places_of(options).front(), dataset);
    throw MissingInput(fmt::format(
        "{}: {}'s four files (train-images-idx3-ubyte.gz and so on) must be there; got {}{}", place.string(),
        dataset.title, std::filesystem::is_directory(place) ? "a directory without them" : "no such directory",
        named_directory(options).empty() ? fmt::format("; adjoint data get {} fetches them", dataset.name) : ""));
}

// Puts MNIST into the cache, if that can be done at once; else says why not.
std::optional<std::string> fail_to_fetch(const PublishedDataset& mnist) {
    const std::string offline = environment("ADJOINT_OFFLINE");
    if (!offline.empty() && offline != "0") return "ADJOINT_OFFLINE is set";
    return fail_to_fetch_soon(mnist, cache_directory() / mnist.name);
}

Datasets open_mnist_or_digits(const DatasetOptions& options) {
    const PublishedDataset& mnist = *find_published_dataset("mnist");
    if (!named_directory(options).empty()) return open_published(mnist, options);
    if (const auto found = find_dataset(mnist, options)) return *found;
    const std::optional<std::string> failure = fail_to_fetch(mnist);
    if (!failure) return find_dataset(mnist, options).value();
    spdlog::info(
        "dataset: digits drawn by adjoint, as MNIST is not in data and cannot be fetched ({}); to train on it, put its "
        "four IDX files (train-images-idx3-ubyte.gz, …) there or name their directory with --data-dir",
        *failure);
    return open_digits();
}

// Scenes of MNIST's digits where its files are, else of drawn ones. The digits of test scenes are no training digits.
Datasets open_scenes(const DatasetOptions& options) {
    constexpr Index training_scenes = 12'000, test_scenes = 2'000;
    const PublishedDataset& published = *find_published_dataset("mnist");
    const std::optional<FoundFiles> mnist = find_files(published, options);
    if (!mnist && !named_directory(options).empty()) return open_published(published, options);  // throws
    spdlog::info("dataset: scenes of digits {}", mnist ? "of MNIST from " + mnist->place.string() : "drawn by adjoint");
    const auto scenes = [&](const std::shared_ptr<const Dataset>& digits, Index size, std::uint64_t stream) {
        return std::make_shared<DigitScenes>(digits, size, Random({.seed = digits_seed, .stream = stream}));
    };
    // A scene needs any digits, so that every process holds all.
    const auto whole = [](const MnistFiles& files) {
        return std::make_shared<IdxDataset>(files, ten_classes(), ImageShare{});
    };
    const Datasets digits =
        mnist ? Datasets{.training = whole(mnist->training), .test = whole(mnist->test)} : open_digits();
    return {.name = "scenes",
            .directory = mnist ? mnist->place : "",
            .training = scenes(digits.training, training_scenes, 1),
            .test = scenes(digits.test, test_scenes, 2)};
}

Datasets open_halves(const DatasetOptions& options) {
    require(options.masks.empty() || options.name.starts_with(images_prefix),
            "--masks: are for --dataset images:DIR; got --dataset {}", options.name);
    if (is_array_file(options.name)) return open_arrays(options.name, {options.image_size, options.channels});
    if (options.name.starts_with(images_prefix)) return open_images(options.name.substr(images_prefix.size()), options);
    const PublishedDataset* const published = find_published_dataset(options.name);
    Datasets data = options.name == "digits"   ? open_digits()
                    : options.name == "scenes" ? open_scenes(options)
                    : published != nullptr     ? open_published(*published, options)
                                               : open_mnist_or_digits(options);
    const Shape got = picture_shape(*data.training);
    const auto chosen = [](Index asked, Index own) { return asked == 0 ? own : asked; };
    const Shape wanted = {chosen(options.image_size, got[0]), chosen(options.image_size, got[1]),
                          chosen(options.channels, got[2])};
    require<DataError>(got == wanted, "{}: images must be {}, as the model takes them; got {}", data.called(), wanted,
                       got);
    require<DataError>(got[0] == got[1] && is_image_size(got[0]),
                       "{}: images must be of 28, 32, 64 or 128 pixels in height and width; got {} × {}", data.called(),
                       got[0], got[1]);
    return data;
}

}  // namespace

void add_dataset_options(CLI::App& command, DatasetOptions& options) {
    command
        .add_option(
            "--dataset", options.name,
            "mnist, fashion-mnist, kmnist, digits (drawn by adjoint itself), scenes (of several digits, with a mask "
            "that says of each pixel what it is part of), images:DIR (PNG and JPEG files of any "
            "size in a folder, with its sub-folders as classes), x.npy or x.npz (images [N, H, W, C] or [N, H, W] in "
            "0..1 or "
            "0..255, with labels where there are any), or auto: mnist where its files are or can be fetched (not with "
            "ADJOINT_OFFLINE=1), else digits")
        ->check(refuse_unknown, "auto|mnist|fashion-mnist|kmnist|digits|scenes|images:DIR|FILE")
        ->capture_default_str();
    command.add_option(
        "--data-dir", options.directory,
        "Directory with MNIST's IDX files, gzipped or not, or with others' in fashion-mnist or kmnist; by "
        "default ADJOINT_DATA_DIR, else data, and then also where adjoint data get puts them");
    command.add_option("--masks", options.masks,
                       "Directory of the masks of images:DIR, from which a unet learns: a grey PNG for each image, of "
                       "its name and size, whose pixels are the numbers of classes, or 0 and 255");
    command.add_flag("--skip-bad", options.skip_bad, "Go on without the files of images:DIR that cannot be read");
}

Datasets open_datasets(const DatasetOptions& options) {
    Datasets data = open_halves(options);
    if (const auto part = parse_fraction(options.validation)) {
        if (!data.validation) split_validation(data, *part, Random({.seed = options.seed, .stream = 6}));
    } else {
        require(!data.training->masked(), "--validation: must be a part, such as 1/12, where images have masks; got {}",
                options.validation);
        data.validation = open_folder(options.validation, options, data.training.get());
    }
    return data;
}

}  // namespace adjoint
