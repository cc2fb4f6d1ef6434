#include "datasets/image_integrity.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <zlib.h>

namespace adjoint {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, 8> png_signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::array<std::uint8_t, 3> jpeg_signature = {0xff, 0xd8, 0xff};
const std::string ends_early = "a file that ends before its image does";

bool begins_with(Bytes file, Bytes signature) {
    return file.size() >= signature.size() && std::equal(signature.begin(), signature.end(), file.begin());
}

std::uint32_t big_endian(Bytes four) {
    return std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 | four[3];
}

// Chunks follow one another: length, name, data, checksum of name and data.
std::string png_damage(Bytes file) {
    std::size_t at = png_signature.size();
    while (file.size() - at >= 12) {
        const std::size_t length = big_endian(file.subspan(at, 4));
        if (file.size() - at - 12 < length) return ends_early;
        const Bytes named = file.subspan(at + 4, 4 + length);
        const std::string name(named.begin(), named.begin() + 4);
        if (crc32(0, named.data(), static_cast<uInt>(named.size())) != big_endian(file.subspan(at + 8 + length, 4))) {
            return fmt::format("a wrong checksum of the chunk at byte {}", at);
        }
        if (name == "IEND") return "";
        at += 12 + length;
    }
    return ends_early;
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
std::string jpeg_damage(Bytes file) {
    constexpr std::uint8_t end_of_image = 0xd9, start_of_scan = 0xda;
    std::size_t at = 2;
    while (at + 1 < file.size()) {
        if (file[at] != 0xff) return fmt::format("{:#04x} where a segment should begin, at byte {}", file[at], at);
        const std::uint8_t kind = file[at + 1];
        if (kind == 0xff) {  // as many as one likes may fill the space between segments
            ++at;
            continue;
        }
        if (kind == end_of_image) return "";
        if (file.size() - at < 4) return ends_early;
        const std::size_t length = std::size_t{file[at + 2]} << 8 | file[at + 3];
        at += 2 + length;
        if (kind == start_of_scan) at = end_of_scan(file, at);
    }
    return ends_early;
}

}  // namespace

std::string image_damage(Bytes file) {
    if (file.empty()) return "an empty file";
    if (begins_with(file, png_signature)) return png_damage(file);
    if (begins_with(file, jpeg_signature)) return jpeg_damage(file);
    return "a file of another kind";
}

}  // namespace adjoint
