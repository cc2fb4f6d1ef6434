// .npy files known to the byte.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
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

inline void write_bytes(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

}  // namespace adjoint
