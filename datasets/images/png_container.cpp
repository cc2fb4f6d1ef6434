#include "datasets/images/png_container.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <zlib.h>

namespace adjoint {
namespace {

constexpr std::array<std::uint8_t, 8> signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

std::uint32_t big_endian(Bytes four) {
    return std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 | four[3];
}

// Kinds of pixels: the type of colour, how many numbers each pixel has, and of how many bits these are.   Source:
// section 11.2.2, table 11.1.
struct PixelKind {
    int colour_type, numbers;
    std::string_view depths;
};
constexpr std::array<PixelKind, 5> kinds = {{{0, 1, "\x01\x02\x04\x08\x10"},  // grey
                                             {2, 3, "\x08\x10"},              // RGB
                                             {3, 1, "\x01\x02\x04\x08"},      // indices of a palette
                                             {4, 2, "\x08\x10"},              // grey and opacity
                                             {6, 4, "\x08\x10"}}};            // RGB and opacity

const PixelKind* kind_of(Bytes header) {
    const auto depth = static_cast<char>(header[png_depth_at]);
    const auto* const kind = std::ranges::find(kinds, int{header[png_colour_type_at]}, &PixelKind::colour_type);
    return kind == kinds.end() || kind->depths.find(depth) == std::string_view::npos ? nullptr : kind;
}

// Whether so many bytes can hold the pixels: deflate packs 1032 bytes into one at most.
bool can_hold_pixels(std::size_t packed, const ImageContainer& png) {
    constexpr std::int64_t most_unpacked = 1032;
    const std::int64_t bits = std::int64_t{kind_of(png.header)->numbers} * png.header[png_depth_at];
    const std::int64_t row = (png.width * bits + 7) / 8;
    return row <= most_unpacked * static_cast<std::int64_t>(packed) / png.height;
}

// What is wrong with a header: width, height, depth, type of colour, ways to compress, filter and interlace.
std::string damage_of_header(Bytes data) {
    if (data.size() != 13) return fmt::format("a header of {} bytes", data.size());
    const std::uint32_t width = big_endian(data), height = big_endian(data.subspan(4)), most = 0x7fffffff;
    if (width < 1 || height < 1 || width > most || height > most) return fmt::format("{} × {} pixels", width, height);
    if (kind_of(data) == nullptr)
        return fmt::format("pixels of type {} and {} bits", data[png_colour_type_at], data[png_depth_at]);
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
