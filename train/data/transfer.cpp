#include "train/data/transfer.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <curl/curl.h>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "framework/tensor/error.h"
#include "train/cli/progress_line.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr long whole = 200, range_of_it = 206, nothing_beyond = 416;  // the server's answers
constexpr long most_redirections = 10;

// One request, and the file to which its answer is added.
class Transfer {
  public:
    Transfer(const fs::path& part, std::uintmax_t most)
        : part_(part), most_(most), file_(::fdopen(open_to_append(part), "ab")) {
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

    bool complete(const std::string& url, const TimeLimits& limits) {
        if (!handle_) throw DownloadFailed("libcurl cannot start");
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("https:") ? "https" : "http,https");  // none loses its secrecy
        if (const char* known = std::getenv("SSL_CERT_FILE")) set(CURLOPT_CAINFO, known);
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, most_redirections);
        set(CURLOPT_FAILONERROR, 1L);
        set(CURLOPT_USERAGENT, "adjoint");
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_QUICK_EXIT, 1L);  // a name server that is silent must not hold us longer than our patience
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connecting.count()));
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stalling.count()));
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total.count()));
        set(CURLOPT_ERRORBUFFER, reason_.data());
        set(CURLOPT_WRITEFUNCTION, &Transfer::receive);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_XFERINFOFUNCTION, &Transfer::show);
        set(CURLOPT_XFERINFODATA, this);
        set(CURLOPT_NOPROGRESS, 0L);
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
        self.come_ += count;
        if (self.kept_ + self.come_ > self.most_) {
            self.misunderstanding_ = fmt::format("the answer must have at most {} bytes; got more", self.most_);
            return 0;
        }
        const std::size_t written = std::fwrite(bytes, 1, count, self.file_.get());
        if (written < count) self.write_error_ = errno;
        return written;
    }

    // Called by libcurl, of this request alone.
    static int show(void* transfer, curl_off_t expected, curl_off_t come, curl_off_t /*sent*/, curl_off_t /*of*/) {
        auto& self = *static_cast<Transfer*>(transfer);
        const auto kept = static_cast<curl_off_t>(self.kept_);
        self.progress_.say([&] { return self.how_far(kept + come, expected > 0 ? kept + expected : 0); });
        return 0;
    }

    // `train-images-idx3-ubyte.gz: 3.1 MiB of 9.5 MiB, 33 %`, and only what has come where nobody said how much it is.
    std::string how_far(curl_off_t come, curl_off_t of) const {
        const std::string begun =
            fmt::format("{}: {}", part_.stem().string(), amount(static_cast<std::uintmax_t>(come)));
        if (of == 0) return begun;
        return fmt::format("{} of {}, {} %", begun, amount(static_cast<std::uintmax_t>(of)), 100 * come / of);
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

    ProgressLine progress_;
    fs::path part_;
    std::uintmax_t most_, come_ = 0;  // bytes
    std::unique_ptr<std::FILE, Close> file_;
    std::uintmax_t kept_ = 0;
    std::unique_ptr<CURL, Close> handle_;
    std::array<char, CURL_ERROR_SIZE> reason_ = {};
    bool placed_ = false;
    int write_error_ = 0;
    std::string misunderstanding_;
};

}  // namespace

bool transfer(const std::string& url, const fs::path& part, std::uintmax_t most, const TimeLimits& limits) {
    return Transfer(part, most).complete(url, limits);
}

std::string amount(std::uintmax_t bytes) {
    const double kibibytes = static_cast<double>(bytes) / 1024;
    return kibibytes < 1024 ? fmt::format("{:.1f} KiB", kibibytes) : fmt::format("{:.1f} MiB", kibibytes / 1024);
}

}  // namespace adjoint
