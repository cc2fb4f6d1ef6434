// Fuzzing: what reads other people's bytes is given bytes of any kind. A reader may answer or refuse; anything else, a
// crash, a hang, another exception than Error, is a fault.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "framework/tensor/error.h"

namespace adjoint::fuzzing {

/// Bytes as a file that is in no directory.
class MemoryFile {
  public:
    explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0) std::abort();
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    ~MemoryFile() { ::close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  private:
    int descriptor_;
};

/// Whether it answered, and did not refuse.
bool answers(const auto& reader) {
    try {
        reader();
        return true;
    } catch (const Error&) {
        return false;
    }
}

/// What a fuzzer tries: the file of its name defines it.
void try_bytes(std::string_view bytes);

}  // namespace adjoint::fuzzing
