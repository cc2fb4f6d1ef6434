#include "train/data/download.h"

#include <array>
#include <cerrno>
#include <curl/curl.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "framework/tensor/error.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

constexpr long whole = 200, range_of_it = 206, nothing_beyond = 416;  // the server's answers
constexpr long most_redirections = 10;

/// One request and the file that its answer is added to.
class Transfer {
  public:
    explicit Transfer(const std::filesystem::path& part)
        : part_(part.string()), file_(::open(part.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
        static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
        if (ready == CURLE_OK) handle_.reset(curl_easy_init());
        struct stat status = {};
        if (file_ < 0 || ::fstat(file_, &status) != 0) refuse_to_write(part_, errno);
        kept_ = status.st_size;
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    ~Transfer() {
        struct stat status = {};
        if (::fstat(file_, &status) == 0 && status.st_size == 0) ::unlink(part_.c_str());
        ::close(file_);
    }

    void ask(const std::string& url, const Patience& patience) {
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
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience.connecting.count()));
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.stalling.count()));
        set(CURLOPT_ERRORBUFFER, reason_.data());
        set(CURLOPT_WRITEFUNCTION, &Transfer::receive);
        set(CURLOPT_WRITEDATA, this);
        if (kept_ > 0) set(CURLOPT_RANGE, fmt::format("{}-", kept_).c_str());

        const CURLcode code = curl_easy_perform(handle_.get());
        if (write_error_ != 0) refuse_to_write(part_, write_error_);
        if (!misunderstanding_.empty()) throw DownloadFailed(misunderstanding_);
        if (code == CURLE_OK && kept_ == 0 && !placed_) throw DownloadFailed("the answer is empty");
        if (code == CURLE_OK || (kept_ > 0 && answer() == nothing_beyond)) return;
        throw DownloadFailed(reason_.front() != '\0' ? reason_.data() : curl_easy_strerror(code));
    }

    bool kept_bytes() const { return kept_ > 0; }

  private:
    struct CleanUp {
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
    static std::size_t receive(char* bytes, std::size_t one, std::size_t count, void* transfer) {
        auto& self = *static_cast<Transfer*>(transfer);
        if (!self.placed_ && !self.place()) return 0;
        std::string_view rest(bytes, one * count);
        while (!rest.empty()) {
            const ssize_t written = ::write(self.file_, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) {
                self.write_error_ = errno;
                return 0;
            }
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        return one * count;
    }

    // Before the first byte: does the answer begin where the file ends?
    bool place() {
        placed_ = true;
        if (answer() == whole) {
            kept_ = 0;
            if (::ftruncate(file_, 0) != 0) write_error_ = errno;
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

    std::string part_;
    int file_ = -1;
    off_t kept_ = 0;
    std::unique_ptr<CURL, CleanUp> handle_;
    std::array<char, CURL_ERROR_SIZE> reason_ = {};
    bool placed_ = false;
    int write_error_ = 0;
    std::string misunderstanding_;
};

}  // namespace

bool download(const std::string& url, const std::filesystem::path& part, const Patience& patience) {
    Transfer transfer(part);
    transfer.ask(url, patience);
    return transfer.kept_bytes();
}

}  // namespace adjoint
