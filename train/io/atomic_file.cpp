#include "train/io/atomic_file.h"

#include <cerrno>
#include <fcntl.h>
#include <random>
#include <regex>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

/// A file open for writing under a name of its own beside the target; unless it is renamed, it is removed again.
class TemporaryFile {
  public:
    explicit TemporaryFile(const fs::path& target) : target_(target) {
        do {
            name_ =
                target.parent_path() / fmt::format(".{}.{:08x}", target.filename().string(), std::random_device{}());
            descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        } while (descriptor_ < 0 && errno == EEXIST);
        if (descriptor_ < 0) refuse_to_write(target_, errno);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    ~TemporaryFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!renamed_) ::unlink(name_.c_str());
    }

    void write(std::string_view content) {
        while (!content.empty()) {
            const ssize_t written = ::write(descriptor_, content.data(), content.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) refuse_to_write(target_, errno);
            content.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    void rename_to_target() {
        if (::fsync(descriptor_) != 0) refuse_to_write(target_, errno);
        if (::close(std::exchange(descriptor_, -1)) != 0) refuse_to_write(target_, errno);
        if (::rename(name_.c_str(), target_.c_str()) != 0) refuse_to_write(target_, errno);
        renamed_ = true;
    }

  private:
    fs::path target_;
    fs::path name_;
    int descriptor_ = -1;
    bool renamed_ = false;
};

/// The new name is on disk only when its directory is.
void synchronize_directory(const fs::path& file) {
    const fs::path directory = file.has_parent_path() ? file.parent_path() : fs::path(".");
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // A directory may be writable but not readable; then its own time must do.
    ::fsync(descriptor);         // Some file systems cannot synchronise a directory, and say so: nothing is lost by it.
    ::close(descriptor);
}

}  // namespace

void refuse_to_write(const fs::path& path, int reason) {
    throw CannotWrite(fmt::format("{}: cannot be written; {}", path.string(), std::generic_category().message(reason)));
}

void write_atomically(const fs::path& path, std::string_view content) {
    std::error_code unknown;
    const fs::file_status status = fs::status(path, unknown);
    if (fs::is_directory(status)) refuse_to_write(path, EISDIR);
    require<CannotWrite>(!fs::exists(status) || fs::is_regular_file(status),
                         "{}: cannot be written; not a regular file", path.string());
    // A symbolic link stays one: what it points to is replaced.
    const fs::path target = fs::is_symlink(path, unknown) ? fs::weakly_canonical(path, unknown) : path;

    TemporaryFile file(target);
    file.write(content);
    file.rename_to_target();
    synchronize_directory(target);
}

void remove_unfinished(const fs::path& directory) {
    static const std::regex unfinished("\\..*\\.[0-9a-f]{8}");  // as TemporaryFile names them
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, none)) {
        if (std::regex_match(entry.path().filename().string(), unfinished)) fs::remove(entry.path(), none);
    }
}

}  // namespace adjoint
