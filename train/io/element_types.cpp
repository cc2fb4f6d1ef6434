#include "train/io/element_types.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace adjoint {
namespace {

// A number of 16 bits, IEEE 754's binary16.
struct Float16 {
    explicit operator float() const {
        const int exponent = bits >> 10 & 31, fraction = bits & 1023;
        const float size = exponent == 31  ? (fraction == 0 ? INFINITY : NAN)
                           : exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                           : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
        return bits >> 15 ? -size : size;
    }
    std::uint16_t bits;
};

// The upper half of a float32.
struct BFloat16 {
    explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
    std::uint16_t bits;
};

template <class Stored, Scalar T>
Tensor converted(const Shape& shape, std::string_view bytes, bool reversed) {
    return Tensor::build<T>(shape, [&](std::span<T> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            std::array<char, sizeof(Stored)> raw;
            std::copy_n(bytes.data() + i * sizeof(Stored), sizeof(Stored), raw.data());
            if (reversed) std::reverse(raw.begin(), raw.end());
            out[i] = static_cast<T>(std::bit_cast<Stored>(raw));
        }
    });
}

// Source: https://numpy.org/doc/stable/reference/arrays.interface.html and the safetensors format's enumeration Dtype.
constexpr auto element_types = std::to_array<ElementType>({
    {"float32", "f4", "F32", 32, converted<float, float>},
    {"float64", "f8", "F64", 64, converted<double, double>},
    {"float16", "f2", "F16", 16, converted<Float16, float>},
    {"bfloat16", "", "BF16", 16, converted<BFloat16, float>},
    {"bool", "b1", "BOOL", 8, converted<std::uint8_t, double>},
    {"uint8", "u1", "U8", 8, converted<std::uint8_t, double>},
    {"int8", "i1", "I8", 8, converted<std::int8_t, double>},
    {"uint16", "u2", "U16", 16, converted<std::uint16_t, double>},
    {"int16", "i2", "I16", 16, converted<std::int16_t, double>},
    {"uint32", "u4", "U32", 32, converted<std::uint32_t, double>},
    {"int32", "i4", "I32", 32, converted<std::int32_t, double>},
    {"uint64", "u8", "U64", 64, converted<std::uint64_t, double>},
    {"int64", "i8", "I64", 64, converted<std::int64_t, double>},
    {"complex64", "c8", "C64", 64, nullptr},
    {"F8_E4M3", "", "F8_E4M3", 8, nullptr},
    {"F8_E5M2", "", "F8_E5M2", 8, nullptr},
    {"F8_E8M0", "", "F8_E8M0", 8, nullptr},
    {"F8_E4M3FNUZ", "", "F8_E4M3FNUZ", 8, nullptr},
    {"F8_E5M2FNUZ", "", "F8_E5M2FNUZ", 8, nullptr},
    {"F6_E2M3", "", "F6_E2M3", 6, nullptr},
    {"F6_E3M2", "", "F6_E3M2", 6, nullptr},
    {"F4", "", "F4", 4, nullptr},
});

const ElementType* find(std::string_view ElementType::*format, std::string_view name) {
    const auto found = std::ranges::find(element_types, name, format);
    return name.empty() || found == element_types.end() ? nullptr : &*found;
}

}  // namespace

std::uint64_t ElementType::bytes(const Shape& shape) const {
    return (static_cast<std::uint64_t>(element_count(shape)) * bits + 7) / 8;
}

const ElementType* npy_type(std::string_view name) { return find(&ElementType::npy, name); }
const ElementType* safetensors_type(std::string_view name) { return find(&ElementType::safetensors, name); }

std::vector<std::string_view> readable_safetensors_types() {
    std::vector<std::string_view> names;
    for (const ElementType& type : element_types) {
        if (type.tensor != nullptr) names.push_back(type.safetensors);
    }
    return names;
}

bool is_countable(const Shape& shape) {
    Index count = 1;
    return std::ranges::all_of(shape, [&](Index extent) {
        return !__builtin_mul_overflow(count, std::max<Index>(extent, 1), &count) && count < (Index{1} << 56);
    });
}

std::string_view bytes_of(const Tensor& tensor) {
    return dispatch(tensor.dtype(), [&]<Scalar T>() {
        const auto elements = tensor.data<T>();
        return std::string_view(reinterpret_cast<const char*>(elements.data()), elements.size_bytes());
    });
}

}  // namespace adjoint
