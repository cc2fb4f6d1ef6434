#include "train/data/dataset_fetch.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "framework/tensor/error.h"
#include "train/cli/directory_lock.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

void make_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    require<CannotWrite>(!error, "{}: the directory cannot be made; {}", directory.string(), error.message());
}

std::string amount(std::size_t bytes) {
    constexpr std::size_t kibi = 1024;
    if (bytes < kibi * kibi) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / kibi);
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (kibi * kibi));
}

class Fetch {
  public:
    Fetch(const PublishedDataset& dataset, const fs::path& directory, const FetchOptions& options)
        : dataset_(dataset), directory_(directory), options_(options), mirrors_(dataset.mirrors) {}

    void bring(const PublishedFile& file) {
        if (is_there(file)) return spdlog::info("{}: already there", file.name);
        std::ptrdiff_t wrong = 0;
        for (auto mirror = mirrors_.begin(); mirror != mirrors_.end(); ++mirror) {
            const std::string url = fmt::format("{}{}{}", *mirror, mirror->ends_with('/') ? "" : "/", file.name);
            try {
                bring_from(url, file);
                std::rotate(mirrors_.begin(), mirror, mirror + 1);  // the next file is likely to be there too
                return;
            } catch (const DownloadFailed& error) {
                options_.failed(fmt::format("{}: {}", url, error.what()));
            } catch (const DataError& error) {
                ++wrong;
                options_.failed(fmt::format("{}: wrong contents: {}", url, error.what()));
            }
        }
        give_up(file, /*all_wrong=*/wrong == std::ssize(mirrors_));
    }

  private:
    bool is_there(const PublishedFile& file) const {
        const fs::path path = directory_ / file.name;
        std::error_code ignored;
        if (!fs::exists(path, ignored)) return false;
        try {
            read_published(path, file);
        } catch (const DataError& error) {
            throw DataError(
                fmt::format("{}; the file is left as it is: move it away to have it fetched", error.what()));
        }
        return true;
    }

    void bring_from(const std::string& url, const PublishedFile& file) const {
        const fs::path part = directory_ / (file.name + ".part");
        const bool kept = download(url, part, options_.patience);
        try {
            const std::vector<std::byte> bytes = read_published(part, file);
            write_atomically(directory_ / file.name, bytes);
            fs::remove(part);
            spdlog::info("{}: {} from {}", file.name, amount(bytes.size()), url);
        } catch (const DataError&) {
            fs::remove(part);
            if (!kept) throw;
            bring_from(url, file);  // what was there before was of another file
        }
    }

    [[noreturn]] void give_up(const PublishedFile& file, bool all_wrong) const {
        const std::string mirrors = fmt::format("{}", fmt::join(dataset_.mirrors, ", "));
        if (all_wrong) {
            throw DataError(fmt::format("{}: {} must be the published file; got others from {}", dataset_.name,
                                        file.name, mirrors));
        }
        std::vector<std::string> names;
        for (const PublishedFile& one : dataset_.files) names.push_back(one.name);
        throw MissingInput(fmt::format(
            "{}: {} must come from a mirror; got none from {}; try again with a network, which continues what "
            "has come, or put {} into {} by hand",
            dataset_.name, file.name, mirrors, fmt::join(names, ", "), directory_.string()));
    }

    const PublishedDataset& dataset_;
    const fs::path& directory_;
    const FetchOptions& options_;
    std::vector<std::string> mirrors_;
};

}  // namespace

void fetch_dataset(const PublishedDataset& dataset, const fs::path& directory, const FetchOptions& options) {
    make_directory(directory);
    const DirectoryLock lock(directory, DirectoryLock::Taken::wait);
    Fetch fetch(dataset, directory, options);
    for (const PublishedFile& file : dataset.files) fetch.bring(file);
}

}  // namespace adjoint
