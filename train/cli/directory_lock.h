// Directory lock: keeps two programs from writing into one directory at once.
#pragma once

#include <filesystem>

namespace adjoint {

/// While one lives, no other program gets the lock of the directory. Where a file system has no locks, everyone gets
/// one.
class DirectoryLock {
  public:
    enum class Taken { wait, refuse };
    /// Where another program has the lock, waits for it, or throws CannotWrite `<directory>: cannot be written;
    /// another program writes there`.
    DirectoryLock(const std::filesystem::path& directory, Taken taken);
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

  private:
    int descriptor_;
};

}  // namespace adjoint
