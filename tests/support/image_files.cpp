#include "tests/support/image_files.h"

#include <fstream>
#include <vector>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

namespace adjoint {

void write_jpeg(const std::filesystem::path& path, const Tensor& image) {
    std::vector<std::uint8_t> bytes;
    for (const double value : image.to_vector()) bytes.push_back(static_cast<std::uint8_t>(255.0 * value + 0.5));
    const auto extent = [&](int axis) { return static_cast<int>(image.extent(axis)); };
    stbi_write_jpg(path.c_str(), extent(1), extent(0), extent(2), bytes.data(), 100);
}

std::string file_bytes(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace adjoint
