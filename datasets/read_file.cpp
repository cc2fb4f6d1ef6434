#include "datasets/read_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/tensor/error.h"

namespace adjoint {

namespace {

// What is at a path that is no file.
const char* other_kind(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return nullptr;
        case S_IFDIR:
            return "a directory";
        case S_IFIFO:
            return "a FIFO";
        case S_IFSOCK:
            return "a socket";
        default:
            return "a device";
    }
}

ssize_t read_some(int descriptor, char* out, std::size_t count, std::uint64_t begin) {
    constexpr std::size_t most_at_once = 1 << 30;  // as Linux reads no more than 2 GiB in one call
    ssize_t got;
    do {
        got = ::pread(descriptor, out, std::min(count, most_at_once), static_cast<off_t>(begin));
    } while (got < 0 && errno == EINTR);
    return got;
}

}  // namespace

void require_file(const std::string& path) {
    struct stat status = {};
    const char* const other = ::stat(path.c_str(), &status) == 0 ? other_kind(status.st_mode) : nullptr;
    require<MissingInput>(other == nullptr, "{}: must be a file; got {}", path, other == nullptr ? "" : other);
}

InputFile::InputFile(std::string path) : path_(std::move(path)) {
    descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // which no FIFO holds up
    struct stat status = {};
    const bool unknown = descriptor_ < 0 || ::fstat(descriptor_, &status) != 0;
    const int failure = errno;
    const char* const other = unknown ? (failure == ENXIO ? "a socket" : nullptr) : other_kind(status.st_mode);
    if (descriptor_ >= 0 && (unknown || other != nullptr)) ::close(descriptor_);
    require<MissingInput>(other == nullptr, "{}: must be a file; got {}", path_, other == nullptr ? "" : other);
    require<MissingInput>(!unknown, "{}: cannot be read; got {}", path_, std::strerror(failure));
    size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

std::string InputFile::read(const Part& part) const {
    const std::uint64_t begin = std::min(part.begin, size_), length = std::min(part.length, size_ - begin);
    std::string content;
    try {
        content.resize(length);
    } catch (const std::exception&) {
        throw SystemFailure(fmt::format("{}: cannot be read; there is no memory for {} bytes", path_, length));
    }
    for (std::size_t done = 0; done < length;) {
        const ssize_t got = read_some(descriptor_, content.data() + done, length - done, begin + done);
        require<MissingInput>(got > 0, "{}: cannot be read; got {} of {} bytes{}", path_, done, length,
                              got < 0 ? fmt::format(": {}", std::strerror(errno)) : "");
        done += static_cast<std::size_t>(got);
    }
    return content;
}

std::string read_file(const std::string& path) { return InputFile(path).read({}); }

std::optional<std::string> read_file_if_any(const std::string& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    return read_file(path);
}

void require_no_bomb(const std::string& where, std::uint64_t unpacked, std::uint64_t packed) {
    constexpr std::uint64_t trusted = 1 << 26, most_expansion = 200;
    require<DataError>(unpacked <= trusted || unpacked / most_expansion <= packed,
                       "{}: must not unpack to more than {} times its size of {} bytes", where, most_expansion, packed);
}

bool is_open_already(const std::string& path) { return path == "/dev/stdin" || path.starts_with("/dev/fd/"); }

std::string read_input(const std::string& path, std::uint64_t most_of_stream) {
    const std::string file = path == "-" ? "/dev/stdin" : path;
    if (!is_open_already(file)) return read_file(file);
    std::error_code unknown;
    const bool has_size = std::filesystem::is_regular_file(file, unknown);
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    std::string content, part(1 << 16, '\0');
    do {
        stream.read(part.data(), std::ssize(part));
        content.append(part, 0, static_cast<std::size_t>(stream.gcount()));
    } while (stream && (has_size || content.size() <= most_of_stream));
    require<MissingInput>(stream.is_open() && !stream.bad(), "{}: cannot be read; got {}", path, std::strerror(errno));
    require<DataError>(has_size || content.size() <= most_of_stream, "{}: must bring at most {} bytes; got more",
                       path == "-" ? "standard input" : path, most_of_stream);
    return content;
}

}  // namespace adjoint
