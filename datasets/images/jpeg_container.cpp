#include "datasets/images/jpeg_container.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace adjoint {
namespace {

constexpr std::array<std::uint8_t, 3> signature = {0xff, 0xd8, 0xff};
constexpr std::array<std::uint8_t, 6> exif_signature = {'E', 'x', 'i', 'f', 0, 0};

bool begins_with(Bytes bytes, Bytes beginning) {
    return bytes.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), bytes.begin());
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

// What the segments up to here have said.
struct Said {
    Bytes frame = {};
    std::int64_t height = 0, width = 0;
    std::array<bool, 4> divisors = {};  // the tables that are there
    std::array<bool, 4> scanned = {};   // the frame's components that have a scan
    int scans = 0;
    std::size_t scan_bytes = 0;  // of their data
};

// Tables of 64 divisors: of one byte or two each, and a number.   Source: section B.2.4.1.
const char* damage_of_divisors(Bytes data, Said& said) {
    while (!data.empty()) {
        const std::size_t bytes = data[0] >> 4 == 0 ? 64 : 128, number = data[0] & 15;
        if (data[0] >> 4 > 1 || number > 3 || data.size() < 1 + bytes) return "a table of divisors that cannot be";
        said.divisors[number] = true;
        data = data.subspan(1 + bytes);
    }
    return nullptr;
}

// Bits of a sample, height and width; then components: a name, how often it is sampled across and down, and its table
// of divisors.   Source: section B.2.2.
const char* damage_of_frame(Bytes data, Said& said) {
    constexpr const char* impossible = "a frame that cannot be";
    if (!said.frame.empty() || data.size() < 6 || data.size() != 6 + 3 * std::size_t{data[5]}) return impossible;
    if (data[0] != 8) return "a frame of other than 8 bits a sample, which is not read";
    said.height = data[1] << 8 | data[2];
    said.width = data[3] << 8 | data[4];
    if (said.height == 0 || said.width == 0 || data[5] < 1 || data[5] > 4) return impossible;
    for (Bytes component = data.subspan(6); !component.empty(); component = component.subspan(3)) {
        const int across = component[1] >> 4, down = component[1] & 15;
        if (across < 1 || across > 4 || down < 1 || down > 4 || component[2] > 3) return impossible;
    }
    said.frame = data;
    return nullptr;
}

// Components of a scan, which are the frame's, with their tables of codes, and which coefficients it has.   Source:
// section B.2.3.
const char* damage_of_scan(Bytes data, Said& said) {
    constexpr const char* other = "a scan of other components than the frame has";
    if (said.frame.empty() || data.empty() || data[0] < 1 || data[0] > 4) return other;
    if (data.size() != 4 + 2 * std::size_t{data[0]}) return other;
    for (std::size_t c = 0; c < data[0]; ++c) {
        const std::uint8_t name = data[1 + 2 * c], tables = data[2 + 2 * c];
        bool known = false;
        for (std::size_t i = 0; i < said.frame[5]; ++i) {
            const Bytes component = said.frame.subspan(6 + 3 * i, 3);
            if (component[0] != name) continue;
            if (!said.divisors[component[2]]) return "a scan of a component without divisors";
            said.scanned[i] = known = true;
        }
        if (!known || tables >> 4 > 3 || (tables & 15) > 3) return other;
    }
    const Bytes coefficients = data.last(3);
    const bool can_be =
        coefficients[0] <= 63 && coefficients[1] <= 63 && coefficients[2] >> 4 <= 13 && (coefficients[2] & 15) <= 13;
    if (!can_be) return other;
    constexpr int most_scans = 100;
    return ++said.scans <= most_scans ? nullptr : "more scans than 100";
}

// What is wrong with a segment of this kind; nullptr where nothing is.
const char* damage_of_segment(std::uint8_t kind, Bytes data, Said& said) {
    switch (kind) {
        case 0xc4:
            return are_code_tables(data) ? nullptr : "a table of codes that cannot be";
        case 0xdb:
            return damage_of_divisors(data, said);
        case 0xda:
            return damage_of_scan(data, said);
        case 0xdd:
            return data.size() == 2 ? nullptr : "a restart interval that cannot be";
        case 0xc0:
        case 0xc1:
        case 0xc2:
            return damage_of_frame(data, said);
        case 0xc8:
        case 0xcc:
            return nullptr;
        default:
            return 0xc3 <= kind && kind <= 0xcf ? "a frame that is lossless, arithmetic or one of several" : nullptr;
    }
}

// How many blocks of 8 × 8 samples the components have, or a few less.
std::int64_t blocks_in(const Said& said) {
    const Bytes components = said.frame.subspan(6);
    std::int64_t samples = 0, most_across = 1, most_down = 1;
    for (std::size_t at = 1; at < components.size(); at += 3) {
        const std::int64_t across = components[at] >> 4, down = components[at] & 15;
        samples += across * down;
        most_across = std::max(most_across, across);
        most_down = std::max(most_down, down);
    }
    return said.height * said.width * samples / (most_across * most_down * 64);
}

// What is missing at the end of the image; nullptr where nothing is.
const char* missing(const Said& said) {
    if (said.frame.empty()) return "an end without a frame before it";
    const auto components = said.scanned.begin() + said.frame[5];
    if (std::find(said.scanned.begin(), components, false) != components)
        return "an end before every component has a scan";
    const bool long_enough = blocks_in(said) <= 8 * static_cast<std::int64_t>(said.scan_bytes);
    return long_enough ? nullptr : "an end before every block has a bit";
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

}  // namespace

bool begins_jpeg(Bytes file) { return begins_with(file, signature); }

// Segments follow one another: FF, kind, and a length that counts itself; after the head of a scan comes its data.
ImageContainer inspect_jpeg(Bytes file) {
    const auto damaged_at = [](std::size_t at, const std::string& what) {
        return ImageContainer{.damage = fmt::format("{}, at byte {}", what, at)};
    };
    constexpr std::uint8_t end_of_image = 0xd9, start_of_scan = 0xda, application_1 = 0xe1;
    ImageContainer container;
    Said said;
    std::size_t at = 2;
    while (at + 1 < file.size()) {
        if (file[at] != 0xff) return damaged_at(at, fmt::format("{:#04x} where a segment should begin", file[at]));
        const std::uint8_t kind = file[at + 1];
        if (kind == 0xff) {  // as many as one likes may fill the space between segments
            ++at;
            continue;
        }
        if (kind == end_of_image) {
            if (const char* const what = missing(said)) return damaged_at(at, what);
            container.height = said.height;
            container.width = said.width;
            return container;
        }
        if (file.size() - at < 4) return {.damage = ends_early};
        const std::size_t length = std::size_t{file[at + 2]} << 8 | file[at + 3];
        if (length < 2) return damaged_at(at, "a segment without a length");
        if (file.size() - at - 2 < length) return {.damage = ends_early};
        const Bytes data = file.subspan(at + 4, length - 2);
        const bool exif = kind == application_1 && begins_with(data, exif_signature);
        if (exif && container.exif.empty()) container.exif = data.subspan(exif_signature.size());
        if (const char* const damage = damage_of_segment(kind, data, said)) return damaged_at(at, damage);
        at += 2 + length;
        if (kind == start_of_scan) {
            const std::size_t end = end_of_scan(file, at);
            said.scan_bytes += end - at;
            at = end;
        }
    }
    return {.damage = ends_early};
}

}  // namespace adjoint
