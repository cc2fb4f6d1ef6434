#include "train/data/dataset_fetch.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <memory>
#include <spdlog/spdlog.h>
#include <thread>

#include "framework/tensor/error.h"
#include "train/cli/directory_lock.h"
#include "train/cli/environment.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The time that a dataset may take, if that is limited.
class Countdown {
  public:
    Countdown(const std::string& dataset, const TimeLimits& limits) : dataset_(dataset), limits_(limits) {}

    bool is_limited() const { return limits_.total > 0ms; }

    // The limits of a request that begins now. Throws TookTooLong where there is no time for one.
    TimeLimits left() const {
        TimeLimits now = limits_;
        if (!is_limited()) return now;
        now.total = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
        if (now.total >= shortest) return now;
        throw TookTooLong(fmt::format("{0}: took longer than {1:g} s; adjoint data get {0} goes on where it stopped",
                                      dataset_, std::chrono::duration<double>(limits_.total).count()));
    }

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr auto shortest = 10ms;  // longer than clocks differ

    std::string dataset_;
    TimeLimits limits_;
    Clock::time_point end_ = Clock::now() + limits_.total;
};

// Waits for whoever fetches into the directory. Throws TookTooLong.
std::unique_ptr<DirectoryLock> lock_of(const fs::path& directory, const Countdown& time) {
    if (!time.is_limited()) return std::make_unique<DirectoryLock>(directory, DirectoryLock::Taken::wait);
    while (true) {
        time.left();
        try {
            return std::make_unique<DirectoryLock>(directory, DirectoryLock::Taken::refuse);
        } catch (const CannotWrite&) {
            std::this_thread::sleep_for(100ms);
        }
    }
}

// Whether the published file is there. Throws DataError where another is there under its name.
bool is_there(const PublishedFile& file, const fs::path& directory) {
    const fs::path path = directory / file.name;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return false;
    try {
        read_published(path, file);
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}; the file is left as it is: move it away to have it fetched", error.what()));
    }
    return true;
}

void remove_file(const fs::path& path) {
    std::error_code failure;
    fs::remove(path, failure);
    require<CannotWrite>(!failure, "{}: cannot be removed; got {}", path.string(), failure.message());
}

void bring_from(const std::string& url, const PublishedFile& file, const fs::path& directory, const Countdown& time) {
    const fs::path part = directory / (file.name + ".part");
    // What is gzipped is no longer than what it holds, a head and the elements; twice as much is surely something else.
    const auto most = 2 * static_cast<std::uintmax_t>(element_count(file.shape)) + 4096;
    const bool kept = transfer(url, part, most, time.left());
    try {
        const std::string bytes = read_published(part, file);
        write_atomically(directory / file.name, bytes);
        remove_file(part);
        spdlog::info("{}: {} from {}", file.name, amount(bytes.size()), url);
    } catch (const DataError&) {
        remove_file(part);
        if (!kept) throw;
        bring_from(url, file, directory, time);  // what was there before was of another file
    }
}

[[noreturn]] void give_up(const PublishedDataset& dataset, const PublishedFile& file, const fs::path& directory,
                          bool all_wrong) {
    const std::string mirrors = fmt::format("{}", fmt::join(dataset.mirrors, ", "));
    std::vector<std::string> names;
    for (const PublishedFile& each : dataset.files) names.push_back(each.name);
    require<DataError>(!all_wrong, "{}: {} must be the published file; got others from {}", dataset.name, file.name,
                       mirrors);
    throw MissingInput(fmt::format(
        "{}: {} must come from a mirror; got none from {}; try again with a network, which continues what has come, or "
        "put {} into {} by hand",
        dataset.name, file.name, mirrors, fmt::join(names, ", "), directory.string()));
}

}  // namespace

fs::path cache_directory() {
    if (const std::string own = environment("ADJOINT_CACHE_DIR"); !own.empty()) return own;
    if (const fs::path shared = environment("XDG_CACHE_HOME"); shared.is_absolute()) return shared / "adjoint";
    return fs::path(environment("HOME")) / ".cache" / "adjoint";
}

void fetch_dataset(const PublishedDataset& dataset, const fs::path& directory, const FetchOptions& options) {
    std::error_code failure;
    fs::create_directories(directory, failure);
    require<CannotWrite>(!failure, "{}: the directory cannot be made; {}", directory.string(), failure.message());
    const Countdown time(dataset.name, options.limits);
    const auto lock = lock_of(directory, time);
    std::vector<std::string> mirrors = dataset.mirrors;
    for (const PublishedFile& file : dataset.files) {
        if (is_there(file, directory)) {
            spdlog::info("{}: already there", file.name);
            continue;
        }
        bool all_wrong = true;
        const auto serves = [&](const std::string& mirror) {
            const std::string url = fmt::format("{}{}{}", mirror, mirror.ends_with('/') ? "" : "/", file.name);
            try {
                bring_from(url, file, directory, time);
                return true;
            } catch (const DownloadFailed& error) {
                time.left();  // or there is none
                all_wrong = false;
                options.failed(fmt::format("{}: {}", url, error.what()));
            } catch (const DataError& error) {
                options.failed(fmt::format("{}: wrong contents: {}", url, error.what()));
            }
            return false;
        };
        const auto server = std::ranges::find_if(mirrors, serves);
        if (server == mirrors.end()) give_up(dataset, file, directory, all_wrong);
        std::rotate(mirrors.begin(), server, server + 1);  // the next file is likely to be there too
    }
}

std::optional<std::string> fail_to_fetch_soon(const PublishedDataset& dataset, const fs::path& directory,
                                              std::chrono::milliseconds total) {
    std::vector<std::string> failures;
    const std::chrono::milliseconds connecting = 2s;  // to all mirrors
    const TimeLimits limits = {.connecting = connecting / std::ssize(dataset.mirrors), .stalling = 3s, .total = total};
    try {
        fetch_dataset(dataset, directory,
                      {.limits = limits, .failed = [&](const std::string& failure) { failures.push_back(failure); }});
        return std::nullopt;
    } catch (const CannotWrite& error) {
        return error.what();
    } catch (const TookTooLong& error) {
        return error.what();
    } catch (const Error& error) {
        return failures.empty() ? error.what() : failures.front();
    }
}

}  // namespace adjoint
