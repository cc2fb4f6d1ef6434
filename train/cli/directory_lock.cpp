#include "train/cli/directory_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "framework/tensor/error.h"

namespace adjoint {

DirectoryLock::DirectoryLock(const std::filesystem::path& directory, Taken taken)
    : descriptor_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0) return;
    const bool refused = ::flock(descriptor_, taken == Taken::wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0;
    if (!refused || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    throw CannotWrite(fmt::format("{}: cannot be written; another program writes there", directory.string()));
}

DirectoryLock::~DirectoryLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace adjoint
