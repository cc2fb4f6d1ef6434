#include "datasets/images/png_container.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <zlib.h>

namespace adjoint {
namespace {

constexpr std::array<std::uint8_t, 8> signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

std::uint32_t big_endian(Bytes four) {
    return std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 | four[3];
}

// Whether pixels of this kind have numbers of so many bits: grey 0, RGB 2, indices of a palette 3, grey and opacity 4,
// RGB and opacity 6.   Source: section 11.2.2, table 11.1.
bool are_pixels(int colour_type, int depth) {
    switch (colour_type) {
        case 0:
            return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
        case 3:
            return depth == 1 || depth == 2 || depth == 4 || depth == 8;
        case 2:
        case 4:
        case 6:
            return depth == 8 || depth == 16;
        default:
            return false;
    }
}

// Whether so many bytes can hold the pixels: deflate packs 1032 bytes into one at most.
bool can_hold_pixels(std::size_t packed, const ImageContainer& png) {
    constexpr std::int64_t most_unpacked = 1032;
    const int depth = png.header[8], type = png.header[9];
    const std::int64_t numbers = type == 6 ? 4 : type == 2 ? 3 : type == 4 ? 2 : 1;
    const std::int64_t row = (png.width * numbers * depth + 7) / 8;
    return row <= most_unpacked * static_cast<std::int64_t>(packed) / png.height;
}

// What is wrong with a header: width, height, depth, type of colour, ways to compress, filter and interlace.
std::string damage_of_header(Bytes data) {
    if (data.size() != 13) return fmt::format("a header of {} bytes", data.size());
    const std::uint32_t width = big_endian(data), height = big_endian(data.subspan(4)), most = 0x7fffffff;
    if (width < 1 || height < 1 || width > most || height > most) return fmt::format("{} × {} pixels", width, height);
    if (!are_pixels(data[9], data[8])) return fmt::format("pixels of type {} and {} bits", data[9], data[8]);
    const bool known = data[10] == 0 && data[11] == 0 && data[12] <= 1;
    return known ? "" : "a way to compress, filter or interlace that PNG does not have";
}

}  // namespace

bool begins_png(Bytes file) {
    return file.size() >= signature.size() && std::equal(signature.begin(), signature.end(), file.begin());
}

// Chunks follow one another: length, name, data, checksum of name and data.
ImageContainer inspect_png(Bytes file) {
    const auto damaged = [](std::string what) { return ImageContainer{.damage = std::move(what)}; };
    ImageContainer container;
    std::size_t packed = 0;  // bytes of pixels
    bool before_pixels = true;
    std::size_t at = signature.size();
    while (file.size() - at >= 12) {
        const std::size_t length = big_endian(file.subspan(at, 4));
        if (file.size() - at - 12 < length) return damaged(ends_early);
        const Bytes named = file.subspan(at + 4, 4 + length), data = named.subspan(4);
        const std::string name(named.begin(), named.begin() + 4);
        if (crc32(0, named.data(), static_cast<uInt>(named.size())) != big_endian(file.subspan(at + 8 + length, 4))) {
            return damaged(fmt::format("a wrong checksum of the chunk at byte {}", at));
        }
        if ((name == "IHDR") != container.header.empty()) return damaged("a PNG whose header is not its first chunk");
        if (name == "IHDR") {
            if (const std::string wrong = damage_of_header(data); !wrong.empty()) return damaged("a PNG of " + wrong);
            container.header = data;
            container.width = big_endian(data);
            container.height = big_endian(data.subspan(4));
        }
        if (name == "IEND" && before_pixels) return damaged("a PNG without pixels");
        if (name == "IEND") return can_hold_pixels(packed, container) ? container : damaged("not enough pixels");
        if (name == "IDAT") before_pixels = false, packed += length;
        if (name == "eXIf") container.exif = data;
        if (name == "PLTE" && before_pixels) container.palette = data;
        if (name == "tRNS") container.opacity = data;
        at += 12 + length;
    }
    return damaged(ends_early);
}

}  // namespace adjoint
