// File content: the bytes of a whole file, read at once.
#pragma once

#include <string>

namespace adjoint {

/// All bytes of a regular file. Throws MissingInput: `<path>: must be a file; got a FIFO`, which is not opened, as that
/// would wait for whoever writes to it; or `<path>: cannot be read; got <why>`.
std::string read_file(const std::string& path);

/// Throws as read_file does where the path leads to a directory, FIFO, socket or device.
void require_file(const std::string& path);

}  // namespace adjoint
