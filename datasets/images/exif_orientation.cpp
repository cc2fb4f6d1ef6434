#include "datasets/images/exif_orientation.h"

#include <algorithm>

namespace adjoint {

int exif_orientation(Bytes tiff) {
    constexpr std::uint64_t version = 42, entry_size = 12, orientation_tag = 0x0112, short_type = 3;
    const auto begins_with = [&](std::uint8_t mark) { return tiff.size() >= 2 && tiff[0] == mark && tiff[1] == mark; };
    const bool little_endian = begins_with('I');
    if (!little_endian && !begins_with('M')) return 1;
    // A number of `size` bytes; 0, which no field below may be, where they lie beyond the end.
    const auto number = [&](std::uint64_t at, std::uint64_t size) {
        std::uint64_t value = 0;
        if (at + size > tiff.size()) return value;
        for (std::uint64_t i = 0; i < size; ++i) value = value << 8 | tiff[little_endian ? at + size - 1 - i : at + i];
        return value;
    };
    if (number(2, 2) != version) return 1;
    const std::uint64_t directory = number(4, 4), entries = std::min(number(directory, 2), tiff.size() / entry_size);
    for (std::uint64_t i = 0; i < entries; ++i) {
        const std::uint64_t entry = directory + 2 + i * entry_size;  // tag, type, count, value
        if (number(entry, 2) != orientation_tag) continue;
        const std::uint64_t orientation = number(entry + 8, 2);
        const bool sound = number(entry + 2, 2) == short_type && number(entry + 4, 4) == 1;
        return sound && 1 <= orientation && orientation <= 8 ? static_cast<int>(orientation) : 1;
    }
    return 1;
}

void turn_upright(const PixelView& stored, int orientation, std::span<std::uint8_t> upright) {
    const bool turned = orientation >= 5;
    const bool from_last_row = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool from_last_column = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const Index row = stored.width * stored.channels, column = stored.channels;
    const Index next_row = from_last_row ? -row : row, next_column = from_last_column ? -column : column;
    const Index down = turned ? next_column : next_row, across = turned ? next_row : next_column;
    const Index height = turned ? stored.width : stored.height, width = turned ? stored.height : stored.width;
    const std::uint8_t* const first = stored.bytes + (from_last_row ? (stored.height - 1) * row : 0) +
                                      (from_last_column ? (stored.width - 1) * column : 0);
    std::uint8_t* out = upright.data();
    for (Index i = 0; i < height; ++i) {
        for (Index j = 0; j < width; ++j) {
            for (Index c = 0; c < stored.channels; ++c) *out++ = first[i * down + j * across + c];
        }
    }
}

}  // namespace adjoint
