#include "datasets/images/image_container.h"

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

// ---- what the segments of a JPEG say of tables and components, which decoders trust

// Tables of codes: a class and a number, how many codes have 1, 2, …, 16 bits, and what each stands for. There are no
// more codes of a length than bits can tell apart.   Source: ITU-T T.81, sections B.2.4.2 and C.2.
bool are_code_tables(Bytes data) {
    while (!data.empty()) {
        constexpr std::size_t lengths = 16, most_codes = 256;
        if (data.size() < 1 + lengths || data[0] >> 4 > 1 || (data[0] & 15) > 3) return false;
        std::size_t codes = 0, free = 1;  // of the length that it is at
        for (std::size_t bits = 1; bits <= lengths; ++bits) {
            free = 2 * free;
            if (data[bits] > free) return false;
            free -= data[bits];
            codes += data[bits];
        }
        if (codes > most_codes || data.size() < 1 + lengths + codes) return false;
        data = data.subspan(1 + lengths + codes);
    }
    return true;
}

// Tables of 64 divisors: of one byte or two each, and a number.   Source: section B.2.4.1.
bool are_divisor_tables(Bytes data) {
    while (!data.empty()) {
        const std::size_t bytes = data[0] >> 4 == 0 ? 64 : 128;
        if (data[0] >> 4 > 1 || (data[0] & 15) > 3 || data.size() < 1 + bytes) return false;
        data = data.subspan(1 + bytes);
    }
    return true;
}

// Components of a frame: a name, how often it is sampled across and down, and its table of divisors. Depth, height and
// width stand before them.   Source: section B.2.2.
bool is_frame(Bytes data) {
    if (data.size() < 6 || data.size() != 6 + 3 * std::size_t{data[5]}) return false;
    const bool has_pixels = (data[1] != 0 || data[2] != 0) && (data[3] != 0 || data[4] != 0);
    if (!has_pixels || data[5] < 1 || data[5] > 4) return false;
    for (Bytes component = data.subspan(6); !component.empty(); component = component.subspan(3)) {
        const int across = component[1] >> 4, down = component[1] & 15;
        if (across < 1 || across > 4 || down < 1 || down > 4 || component[2] > 3) return false;
    }
    return true;
}

// Components of a scan, which are the frame's, with their tables of codes, and which coefficients it has.   Source:
// section B.2.3.
bool is_scan(Bytes data, Bytes frame) {
    if (frame.empty() || data.empty() || data[0] < 1 || data[0] > 4 || data.size() != 4 + 2 * std::size_t{data[0]}) {
        return false;
    }
    for (std::size_t c = 0; c < data[0]; ++c) {
        const std::uint8_t name = data[1 + 2 * c], tables = data[2 + 2 * c];
        bool known = false;
        for (std::size_t at = 6; at < frame.size(); at += 3) known = known || frame[at] == name;
        if (!known || tables >> 4 > 3 || (tables & 15) > 3) return false;
    }
    const Bytes coefficients = data.last(3);
    return coefficients[0] <= 63 && coefficients[1] <= 63 && coefficients[2] >> 4 <= 13 && (coefficients[2] & 15) <= 13;
}

// What is wrong with a segment of this kind; nullptr where nothing is. `frame` is what the image's own has said.
const char* damage_of_segment(std::uint8_t kind, Bytes data, Bytes& frame) {
    switch (kind) {
        case 0xc4:
            return are_code_tables(data) ? nullptr : "a table of codes that cannot be";
        case 0xdb:
            return are_divisor_tables(data) ? nullptr : "a table of divisors that cannot be";
        case 0xda:
            return is_scan(data, frame) ? nullptr : "a scan of other components than the frame has";
        case 0xdd:
            return data.size() == 2 ? nullptr : "a restart interval that cannot be";
        case 0xc0:
        case 0xc1:
        case 0xc2: {
            const bool good = frame.empty() && is_frame(data);
            frame = data;
            return good ? nullptr : "a frame that cannot be";
        }
        default:
            return nullptr;
    }
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
    Bytes frame;
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
        if (const char* const damage = damage_of_segment(kind, data, frame)) {
            return {.damage = fmt::format("{}, at byte {}", damage, at)};
        }
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
