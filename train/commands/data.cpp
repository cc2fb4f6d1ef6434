// `adjoint data get`: fetches a dataset.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "train/cli/commands.h"
#include "train/cli/nearest_name.h"
#include "train/cli/terminal.h"
#include "train/data/dataset_fetch.h"

namespace adjoint {
namespace {

struct DataOptions {
    std::string dataset;
    std::filesystem::path directory;
    std::vector<std::string> mirrors;
};

std::string refuse_unpublished(const std::string& name) {
    if (find_published_dataset(name) != nullptr) return "";
    return fmt::format("must be mnist, fashion-mnist or kmnist; got {}{}", name,
                       did_you_mean(name, {"mnist", "fashion-mnist", "kmnist"}));
}

void get(const DataOptions& options) {
    PublishedDataset dataset = *find_published_dataset(options.dataset);
    dataset.mirrors.insert(dataset.mirrors.begin(), options.mirrors.begin(), options.mirrors.end());
    const std::filesystem::path parent = options.directory.empty() ? cache_directory() : options.directory;
    const std::filesystem::path directory = parent / dataset.name;
    fetch_dataset(dataset, directory, {.failed = [](const std::string& failure) { spdlog::warn("{}", failure); }});
    print_line(stdout, "{}: {}", directory.string(), dataset.title);
}

}  // namespace

void add_data_command(CLI::App& app) {
    CLI::App* const data = app.add_subcommand("data", "Download a dataset");
    data->require_subcommand(1);
    data->footer("adjoint data get --help says more.");
    CLI::App* const command = data->add_subcommand(
        "get", "Download a dataset to where training finds it; a download that was cut off is continued");
    const auto options = std::make_shared<DataOptions>();
    command->add_option("dataset", options->dataset, "Dataset")
        ->required()
        ->check(refuse_unpublished, "mnist|fashion-mnist|kmnist");
    command->add_option(
        "--dir", options->directory,
        "Parent directory, as --data-dir takes it: the dataset gets a directory of its own in it; by default "
        "ADJOINT_CACHE_DIR, else adjoint in XDG_CACHE_HOME, else ~/.cache/adjoint");
    command
        ->add_option("--mirror", options->mirrors,
                     "URL of a directory with the files, to try first; may be given again")
        ->allow_extra_args(false);
    command->footer(
        "Examples:\n"
        "  adjoint data get mnist\n"
        "  adjoint data get fashion-mnist --dir data --mirror https://example.org/fashion/");
    command->callback([options] { get(*options); });
}

}  // namespace adjoint
