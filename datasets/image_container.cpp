#include "datasets/image_container.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <zlib.h>

namespace adjoint {
namespace {

constexpr std::array<std::uint8_t, 8> png_signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::array<std::uint8_t, 3> jpeg_signature = {0xff, 0xd8, 0xff};
constexpr std::array<std::uint8_t, 6> exif_signature = {'E', 'x', 'i', 'f', 0, 0};
const std::string ends_early = "a file that ends before its image does";

bool begins_with(Bytes bytes, Bytes signature) {
    return bytes.size() >= signature.size() && std::equal(signature.begin(), signature.end(), bytes.begin());
}

std::uint32_t big_endian(Bytes four) {
    return std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 | four[3];
}

// Chunks follow one another: length, name, data, checksum of name and data.
ImageContainer inspect_png(Bytes file) {
    ImageContainer container;
    bool before_pixels = true;
    std::size_t at = png_signature.size();
    while (file.size() - at >= 12) {
        const std::size_t length = big_endian(file.subspan(at, 4));
        if (file.size() - at - 12 < length) return {.damage = ends_early};
        const Bytes named = file.subspan(at + 4, 4 + length), data = named.subspan(4);
        const std::string name(named.begin(), named.begin() + 4);
        if (crc32(0, named.data(), static_cast<uInt>(named.size())) != big_endian(file.subspan(at + 8 + length, 4))) {
            return {.damage = fmt::format("a wrong checksum of the chunk at byte {}", at)};
        }
        if (name == "IEND") return container;
        if (name == "IDAT") before_pixels = false;
        if (name == "eXIf") container.exif = data;
        if (name == "IHDR") container.header = data;
        if (name == "PLTE" && before_pixels) container.palette = data;
        if (name == "tRNS") container.opacity = data;
        at += 12 + length;
    }
    return {.damage = ends_early};
}

// The next marker after compressed data: a byte FF followed by neither 00, which stands for FF itself, nor a restart.
std::size_t end_of_scan(Bytes file, std::size_t at) {
    while (at + 1 < file.size()) {
        const std::uint8_t next = file[at + 1];
        if (file[at] == 0xff && next != 0x00 && next != 0xff && !(0xd0 <= next && next <= 0xd7)) break;
        ++at;
    }
    return at;
}

// Segments follow one another: FF, kind, and a length that counts itself; after the head of a scan comes its data.
ImageContainer inspect_jpeg(Bytes file) {
    constexpr std::uint8_t end_of_image = 0xd9, start_of_scan = 0xda, application_1 = 0xe1;
    ImageContainer container;
    std::size_t at = 2;
    while (at + 1 < file.size()) {
        if (file[at] != 0xff) {
            return {.damage = fmt::format("{:#04x} where a segment should begin, at byte {}", file[at], at)};
        }
        const std::uint8_t kind = file[at + 1];
        if (kind == 0xff) {  // as many as one likes may fill the space between segments
            ++at;
            continue;
        }
        if (kind == end_of_image) return container;
        if (file.size() - at < 4) return {.damage = ends_early};
        const std::size_t length = std::size_t{file[at + 2]} << 8 | file[at + 3];
        if (length < 2) return {.damage = fmt::format("a segment without a length, at byte {}", at)};
        if (file.size() - at - 2 < length) return {.damage = ends_early};
        const Bytes data = file.subspan(at + 4, length - 2);
        const bool exif = kind == application_1 && begins_with(data, exif_signature);
        if (exif && container.exif.empty()) container.exif = data.subspan(exif_signature.size());
        at += 2 + length;
        if (kind == start_of_scan) at = end_of_scan(file, at);
    }
    return {.damage = ends_early};
}

}  // namespace

ImageContainer inspect_image(Bytes file) {
    if (file.empty()) return {.damage = "an empty file"};
    if (begins_with(file, png_signature)) return inspect_png(file);
    if (begins_with(file, jpeg_signature)) return inspect_jpeg(file);
    return {.damage = "a file of another kind"};
}

}  // namespace adjoint
