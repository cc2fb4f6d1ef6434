#include "datasets/dataset.h"

#include <zlib.h>

namespace adjoint {

Shape picture_shape(const Dataset& images) {
    Shape shape = images.image_shape();
    if (images.masked()) --shape[2];
    return shape;
}

const std::vector<std::string>& ten_classes() {
    static const std::vector<std::string> names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    return names;
}

std::uint32_t checksum_of(std::span<const std::byte> bytes, std::uint32_t before) {
    return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t joined_checksum(std::uint32_t before, std::uint32_t own, Index size) {
    return static_cast<std::uint32_t>(crc32_combine(before, own, size));
}

}  // namespace adjoint
