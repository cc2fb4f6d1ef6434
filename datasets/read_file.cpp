#include "datasets/read_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
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

InputFile::InputFile(std::string path) : path_(std::move(path)) {
    require_file(path_);
    errno = 0;
    stream_.open(path_, std::ios::binary);
    require<MissingInput>(stream_.is_open(), "{}: cannot be read; got {}", path_, std::strerror(errno));
    size_ = fs::file_size(path_);
}

std::string InputFile::read(const Part& part) const {
    const std::uint64_t begin = std::min(part.begin, size_);
    std::string content(std::min(part.length, size_ - begin), '\0');
    stream_.seekg(static_cast<std::streamoff>(begin));
    stream_.read(content.data(), std::ssize(content));
    require<MissingInput>(stream_.good(), "{}: cannot be read; got {} of {} bytes", path_, stream_.gcount(),
                          content.size());
    return content;
}

std::string read_file(const std::string& path) { return InputFile(path).read({}); }

std::string read_input(const std::string& path) {
    const std::string file = path == "-" ? "/dev/stdin" : path;
    if (file != "/dev/stdin" && !file.starts_with("/dev/fd/")) return read_file(file);
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(stream), {});
    require<MissingInput>(stream.is_open() && !stream.bad(), "{}: cannot be read; got {}", path, std::strerror(errno));
    return content;
}

}  // namespace adjoint
