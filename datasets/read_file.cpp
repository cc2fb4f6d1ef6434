#include "datasets/read_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "framework/tensor/error.h"

namespace adjoint {

namespace fs = std::filesystem;

void require_file(const std::string& path) {
    static const std::map<fs::file_type, const char*> others = {{fs::file_type::directory, "a directory"},
                                                                {fs::file_type::fifo, "a FIFO"},
                                                                {fs::file_type::socket, "a socket"},
                                                                {fs::file_type::block, "a device"},
                                                                {fs::file_type::character, "a device"}};
    std::error_code absent;
    const auto other = others.find(fs::status(path, absent).type());
    require<MissingInput>(other == others.end(), "{}: must be a file; got {}", path,
                          other == others.end() ? "" : other->second);
}

std::string read_file(const std::string& path) {
    require_file(path);
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    require<MissingInput>(stream.is_open(), "{}: cannot be read; got {}", path, std::strerror(errno));
    std::string content(fs::file_size(path), '\0');
    stream.read(content.data(), std::ssize(content));
    require<MissingInput>(stream.good(), "{}: cannot be read; got {} of {} bytes", path, stream.gcount(),
                          content.size());
    return content;
}

}  // namespace adjoint
