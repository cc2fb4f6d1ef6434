// File content: the bytes of a whole file, read at once.
#pragma once

#include <string>

namespace adjoint {

/// All bytes of a regular file. Throws MissingInput `<path>: cannot be read; got <why>`.
std::string read_file(const std::string& path);

}  // namespace adjoint
