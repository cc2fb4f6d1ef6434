// Protocol buffers, as they are written: a message is fields in a row, each a key and a value.
// Source: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace adjoint::protobuf {

enum WireType { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

// Seven bits a byte, the lowest first; the highest bit of a byte says that more follow.
inline std::string varint_of(std::uint64_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
    bytes.push_back(static_cast<char>(number));
    return bytes;
}

inline std::string little_endian(std::uint64_t number, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i) bytes.push_back(static_cast<char>(number >> 8 * i));
    return bytes;
}

inline std::string key(auto field, WireType type) {
    return varint_of(static_cast<std::uint64_t>(static_cast<int>(field) << 3 | type));
}

inline std::string whole(auto field, std::int64_t number) {
    return key(field, varint) + varint_of(static_cast<std::uint64_t>(number));
}
inline std::string real(auto field, double number) {
    return key(field, fixed64) + little_endian(std::bit_cast<std::uint64_t>(number), 8);
}
inline std::string real(auto field, float number) {
    return key(field, fixed32) + little_endian(std::bit_cast<std::uint32_t>(number), 4);
}
inline std::string bytes(auto field, std::string_view content) {
    return key(field, length_delimited) + varint_of(content.size()) + std::string(content);
}

}  // namespace adjoint::protobuf
