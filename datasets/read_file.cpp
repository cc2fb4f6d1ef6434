#include "datasets/read_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "framework/tensor/error.h"

namespace adjoint {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    require<MissingInput>(stream.is_open(), "{}: cannot be read; got {}", path, std::strerror(errno));
    require<MissingInput>(fs::is_regular_file(path), "{}: cannot be read; got {}", path,
                          fs::is_directory(path) ? "a directory" : "no regular file");
    std::string content(fs::file_size(path), '\0');
    stream.read(content.data(), std::ssize(content));
    require<MissingInput>(stream.good(), "{}: cannot be read; got {} of {} bytes", path, stream.gcount(),
                          content.size());
    return content;
}

}  // namespace adjoint
