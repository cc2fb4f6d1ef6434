// Fetching of published datasets: from the first mirror that has a file, accepted only when its digest is right.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "datasets/published_datasets.h"
#include "framework/tensor/error.h"
#include "train/data/transfer.h"

namespace adjoint {

/// Where what was fetched is kept, each dataset in a directory of its own: ADJOINT_CACHE_DIR, else adjoint/ in
/// XDG_CACHE_HOME, else .cache/adjoint/ at home.
/// Source: XDG Base Directory Specification 0.8, which says to ignore relative paths.
std::filesystem::path cache_directory();

struct FetchOptions {
    TimeLimits limits = {};                               ///< of each server, and of all of it
    std::function<void(const std::string&)> failed = {};  ///< is told of each mirror that did not serve, in one line
};

/// Fetching a dataset took longer than it may, in all: `mnist: took longer than 60 s; …`.
struct TookTooLong : MissingInput {
    using MissingInput::MissingInput;
};

/// Brings the dataset's files into `directory`, which is made where it is not there. A file that is there already is
/// not fetched; one that comes is named `<name>.part` until all of it has come and is known to be right, and what has
/// come of it stays there when the network fails, to be continued. Another process that fetches into the directory is
/// waited for.
/// Throws DataError where all mirrors have something else, or a file is there that is not the published one, which is
/// left as it is; MissingInput where a mirror cannot be reached and none has the file; TookTooLong; CannotWrite.
void fetch_dataset(const PublishedDataset& dataset, const std::filesystem::path& directory,
                   const FetchOptions& options);

/// The same for somebody who did not ask for it and can do without: mirrors must answer at once and keep on sending,
/// and all of it must come in time. Returns why it did not, or nothing.
std::optional<std::string> fail_to_fetch_soon(const PublishedDataset& dataset, const std::filesystem::path& directory,
                                              std::chrono::milliseconds total = std::chrono::seconds(60));

}  // namespace adjoint
