#include "train/io/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <random>
#include <regex>
#include <string>
#include <system_error>
#include <unistd.h>

#include "framework/tensor/error.h"
#include "framework/tensor/processes.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

// Returns 0, or the errno of what failed, as write_and_close does.
int write_all(int descriptor, std::string_view content) {
    int failure = 0;
    while (failure == 0 && !content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno != EINTR) failure = errno;
        if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
    }
    return failure;
}

// Brings all of it to disk and closes the file, which then has nothing left to fail at.
int write_and_close(int descriptor, std::string_view content) {
    int failure = write_all(descriptor, content);
    if (failure == 0 && ::fsync(descriptor) != 0) failure = errno;
    ::close(descriptor);
    return failure;
}

// The new name is on disk only when its directory is.
void synchronize_directory(const fs::path& file) {
    const fs::path directory = file.has_parent_path() ? file.parent_path() : fs::path(".");
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // A directory may be writable but not readable; then its own time must do.
    ::fsync(descriptor);         // Some file systems cannot synchronise a directory, and say so: nothing is lost by it.
    ::close(descriptor);
}

}  // namespace

bool is_standard_output(const fs::path& path) { return path == "-" || path == "/dev/stdout"; }

fs::path behind_links(fs::path path) {
    constexpr int most_links = 40;  // as Linux follows
    std::error_code unknown;
    for (int links = 0; fs::is_symlink(path, unknown); ++links) {
        if (links == most_links) refuse_to_write(path, ELOOP);
        path = path.parent_path() / fs::read_symlink(path, unknown);
    }
    return path;
}

void refuse_to_write(const fs::path& path, int reason) {
    throw CannotWrite(fmt::format("{}: cannot be written; {}", path.string(), std::generic_category().message(reason)));
}

void require_place_for_file(const fs::path& path) {
    std::error_code unknown;
    const fs::file_status status = fs::status(path, unknown);
    if (fs::is_directory(status)) refuse_to_write(path, EISDIR);
    require<CannotWrite>(!fs::exists(status) || fs::is_regular_file(status),
                         "{}: cannot be written; not a regular file", path.string());
}

int open_to_append(const fs::path& path) {
    require_place_for_file(path);
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (descriptor < 0) refuse_to_write(path, errno);
    return descriptor;
}

void append_line(const fs::path& path, const std::string& line) {
    const int descriptor = open_to_append(path);
    int failure = write_all(descriptor, line + "\n");
    if (::close(descriptor) != 0 && failure == 0) failure = errno;
    if (failure != 0) refuse_to_write(path, failure);
}

void write_atomically(const fs::path& path, std::string_view content) {
    if (!Processes::lead()) return;
    require_place_for_file(path);
    const fs::path target = behind_links(path);  // a link stays one: what it points to is replaced
    fs::path unfinished;                         // a new file beside the target, which gets its name at last
    int descriptor = -1;
    do {
        const std::string name = fmt::format(".{}.{:08x}", target.filename().string(), std::random_device{}());
        unfinished = target.parent_path() / name;
        descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EEXIST);
    if (descriptor < 0) refuse_to_write(target, errno);
    int failure = write_and_close(descriptor, content);
    if (failure == 0 && ::rename(unfinished.c_str(), target.c_str()) != 0) failure = errno;
    if (failure != 0) {
        ::unlink(unfinished.c_str());
        refuse_to_write(target, failure);
    }
    synchronize_directory(target);
}

void write_output(const fs::path& path, std::string_view content) {
    if (!Processes::lead()) return;
    std::error_code unknown;
    const fs::file_type type = fs::status(path, unknown).type();
    const bool standard = is_standard_output(path);
    if (!standard && type != fs::file_type::fifo && type != fs::file_type::character) {
        return write_atomically(path, content);
    }
    if (standard) std::fflush(stdout);  // what has been said before
    // A pipe that nobody reads is refused: opening it would wait for somebody who does.
    const int descriptor = standard ? ::dup(STDOUT_FILENO) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) refuse_to_write(path, errno);
    if (!standard) ::fcntl(descriptor, F_SETFL, 0);
    int failure = write_all(descriptor, content);
    if (::close(descriptor) != 0 && failure == 0) failure = errno;
    if (failure != 0) refuse_to_write(path, failure);
}

std::FILE* messages_beside(const std::vector<fs::path>& files) {
    return std::any_of(files.begin(), files.end(), is_standard_output) ? stderr : stdout;
}

void remove_unfinished(const fs::path& directory) {
    if (!Processes::lead()) return;
    static const std::regex unfinished("\\..*\\.[0-9a-f]{8}");  // as write_atomically names them
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, none)) {
        if (std::regex_match(entry.path().filename().string(), unfinished)) fs::remove(entry.path(), none);
    }
}

}  // namespace adjoint
