// .npy files known to the byte, and what tests of files share: their bytes, their checksums, and damage to them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace adjoint {

inline const std::string npy_start = "\x93NUMPY";

/// A file of format 1.0 with this header, which starts at byte 10.
inline std::string npy(const std::string& header, const std::string& elements) {
    const auto length = static_cast<std::uint16_t>(header.size());
    return npy_start + std::string("\x01\x00", 2) + static_cast<char>(length & 0xff) + static_cast<char>(length >> 8) +
           header + elements;
}

inline std::string described(const std::string& type, const std::string& shape, const std::string& order = "False") {
    return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}\n", type, order, shape);
}

/// The numbers as bytes of their own type, little-endian.
template <class T>
std::string bytes(const std::vector<T>& numbers) {
    return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
}

template <class T>
std::string swapped(std::vector<T> numbers) {
    std::string all = bytes(numbers);
    for (std::size_t i = 0; i < all.size(); i += sizeof(T)) std::reverse(all.begin() + i, all.begin() + i + sizeof(T));
    return all;
}

/// The checksum of zip, PNG and safetensors.   Source: ISO 3309.
inline std::uint32_t crc32_of(const std::string& content) {
    std::uint32_t crc = ~0u;
    for (const char c : content) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

/// The file with one to three changes: any byte or one of the `favourites` in the place of another, some taken away,
/// some put in, or the end cut off.
inline std::string damaged(std::string file, const std::string& favourites, std::mt19937& random) {
    const auto favourite = [&] { return favourites[random() % favourites.size()]; };
    for (unsigned changes = 1 + random() % 3; changes > 0 && !file.empty(); --changes) {
        const std::size_t at = random() % file.size(), count = 1 + random() % 4;
        const unsigned kind = random() % 5;
        if (kind == 0) file[at] = static_cast<char>(random());
        if (kind == 1) file[at] = favourite();
        if (kind == 2) file.erase(at, count);
        if (kind == 3) file.insert(at, count, favourite());
        if (kind == 4) file.resize(at);
    }
    return file;
}

inline void write_bytes(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

}  // namespace adjoint
