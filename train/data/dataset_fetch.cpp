#include "train/data/dataset_fetch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <curl/curl.h>
#include <fmt/ranges.h>
#include <memory>
#include <spdlog/spdlog.h>
#include <stdexcept>
#include <unistd.h>

#include "framework/tensor/error.h"
#include "train/cli/directory_lock.h"
#include "train/cli/environment.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr long whole = 200, range_of_it = 206, nothing_beyond = 416;  // the server's answers
constexpr long most_redirections = 10;

// Why a server did not give a file, in its words or those of the network: `Could not resolve host: example.org`.
struct DownloadFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One request, and the file to which its answer is added: no byte comes twice, and what has come stays there when the
// network fails.
class Transfer {
  public:
    explicit Transfer(const fs::path& part) : part_(part), file_(std::fopen(part.c_str(), "abe")) {
        if (!file_) refuse_to_write(part_, errno);
        std::setbuf(file_.get(), nullptr);
        kept_ = fs::file_size(part_);
        static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
        if (ready == CURLE_OK) handle_.reset(curl_easy_init());
    }
    ~Transfer() {
        std::error_code unknown;
        if (fs::is_empty(part_, unknown)) fs::remove(part_, unknown);
    }

    // Asks for the file at `url` (http or https, redirected or not) from the end of the bytes that are there, and
    // begins anew where the server does not know how to skip. Returns whether those bytes were kept, whose rightness is
    // for the caller to see. Throws DownloadFailed and CannotWrite.
    bool complete(const std::string& url, const FetchOptions& options) {
        if (!handle_) throw DownloadFailed("libcurl cannot start");
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, most_redirections);
        set(CURLOPT_FAILONERROR, 1L);
        set(CURLOPT_USERAGENT, "adjoint");
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_QUICK_EXIT, 1L);  // a name server that is silent must not hold us longer than our patience
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connecting.count()));
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stalling.count()));
        set(CURLOPT_ERRORBUFFER, reason_.data());
        set(CURLOPT_WRITEFUNCTION, &Transfer::receive);
        set(CURLOPT_WRITEDATA, this);
        if (kept_ > 0) set(CURLOPT_RANGE, fmt::format("{}-", kept_).c_str());

        const CURLcode code = curl_easy_perform(handle_.get());
        if (write_error_ != 0) refuse_to_write(part_, write_error_);
        if (!misunderstanding_.empty()) throw DownloadFailed(misunderstanding_);
        if (code == CURLE_OK && kept_ == 0 && !placed_) throw DownloadFailed("the answer is empty");
        if (code == CURLE_OK || (kept_ > 0 && answer() == nothing_beyond)) return kept_ > 0;
        throw DownloadFailed(reason_.front() != '\0' ? reason_.data() : curl_easy_strerror(code));
    }

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };

    template <class Value>
    void set(CURLoption option, Value value) {
        const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
        if (code != CURLE_OK) throw DownloadFailed(curl_easy_strerror(code));
    }

    long answer() const {
        long code = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &code);
        return code;
    }

    // Called by libcurl, which no exception may pass through: returning less than it brought ends the request.
    static std::size_t receive(char* bytes, std::size_t /*one*/, std::size_t count, void* transfer) {
        auto& self = *static_cast<Transfer*>(transfer);
        if (!self.placed_ && !self.place()) return 0;
        const std::size_t written = std::fwrite(bytes, 1, count, self.file_.get());
        if (written < count) self.write_error_ = errno;
        return written;
    }

    // Before the first byte: does the answer begin where the file ends?
    bool place() {
        placed_ = true;
        if (answer() == whole) {
            kept_ = 0;
            if (::ftruncate(::fileno(file_.get()), 0) != 0) write_error_ = errno;
            return write_error_ == 0;
        }
        curl_header* range = nullptr;
        const bool told = curl_easy_header(handle_.get(), "Content-Range", 0, CURLH_HEADER, -1, &range) == CURLHE_OK;
        const std::string expected = fmt::format("bytes {}-", kept_), got = told ? range->value : "none";
        if (answer() != range_of_it || !got.starts_with(expected)) {
            misunderstanding_ =
                fmt::format("the answer must be the range {}; got status {}, range {}", expected, answer(), got);
        }
        return misunderstanding_.empty();
    }

    fs::path part_;
    std::unique_ptr<std::FILE, Close> file_;
    std::uintmax_t kept_ = 0;
    std::unique_ptr<CURL, Close> handle_;
    std::array<char, CURL_ERROR_SIZE> reason_ = {};
    bool placed_ = false;
    int write_error_ = 0;
    std::string misunderstanding_;
};

std::string amount(std::size_t bytes) {
    const double kibibytes = static_cast<double>(bytes) / 1024;
    return kibibytes < 1024 ? fmt::format("{:.1f} KiB", kibibytes) : fmt::format("{:.1f} MiB", kibibytes / 1024);
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

void bring_from(const std::string& url, const PublishedFile& file, const fs::path& directory,
                const FetchOptions& options) {
    const fs::path part = directory / (file.name + ".part");
    const bool kept = Transfer(part).complete(url, options);
    try {
        const std::string bytes = read_published(part, file);
        write_atomically(directory / file.name, bytes);
        fs::remove(part);
        spdlog::info("{}: {} from {}", file.name, amount(bytes.size()), url);
    } catch (const DataError&) {
        fs::remove(part);
        if (!kept) throw;
        bring_from(url, file, directory, options);  // what was there before was of another file
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
    const DirectoryLock lock(directory, DirectoryLock::Taken::wait);
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
                bring_from(url, file, directory, options);
                return true;
            } catch (const DownloadFailed& error) {
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

}  // namespace adjoint
