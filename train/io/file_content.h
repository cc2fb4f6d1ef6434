// Content of a small file.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace adjoint {

/// All of its bytes; none where it cannot be read.
inline std::string file_content(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace adjoint
