#include "train/io/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "train/io/atomic_file.h"
#include "train/io/npy_header.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

/// IEEE 754 binary16.
struct Half {
    std::uint16_t bits;
    explicit operator float() const {
        const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
        const float magnitude = exponent == 0    ? std::ldexp(static_cast<float>(fraction), -24)
                                : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                                 : std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
        return bits >> 15 ? -magnitude : magnitude;
    }
};

/// Calls f<Stored, T>() for the element type in the file and the one of the tensor.
template <class F>
Tensor with_element_type(const NpyFile& file, const NpyHeader& header, F f) {
    const bool ordered =
        !header.type.empty() && std::string_view("<>=|").find(header.type[0]) != std::string_view::npos;
    const std::string kind = ordered ? header.type.substr(1) : "";
    if (kind == "f4") return f.template operator()<float, float>();
    if (kind == "f8") return f.template operator()<double, double>();
    if (kind == "f2") return f.template operator()<Half, float>();
    if (kind == "u1" || kind == "b1") return f.template operator()<std::uint8_t, double>();
    if (kind == "u2") return f.template operator()<std::uint16_t, double>();
    if (kind == "u4") return f.template operator()<std::uint32_t, double>();
    if (kind == "u8") return f.template operator()<std::uint64_t, double>();
    if (kind == "i1") return f.template operator()<std::int8_t, double>();
    if (kind == "i2") return f.template operator()<std::int16_t, double>();
    if (kind == "i4") return f.template operator()<std::int32_t, double>();
    if (kind == "i8") return f.template operator()<std::int64_t, double>();
    file.check(false, header.type_byte, "expected elements that are f2, f4, f8, integers or booleans, read {:?}",
               header.type);
    return {};
}

/// The number of elements. Throws where it is too large to be counted, though an empty axis makes it 0.
Index count_elements(const NpyFile& file, const Shape& shape) {
    Index count = 1;
    for (const Index extent : shape) {
        file.check(!__builtin_mul_overflow(count, std::max<Index>(extent, 1), &count) && count < (Index{1} << 56),
                   file.position(), "the header's shape {} is too large", shape);
    }
    return element_count(shape) == 0 ? 0 : count;
}

/// Calls visit(i, j) for each element i in C order, with its place j in Fortran order.
template <class Visit>
void walk_fortran_order(const Shape& shape, Index count, Visit visit) {
    Shape at(shape.size(), 0), strides(shape.size(), 1);
    for (std::size_t axis = 1; axis < shape.size(); ++axis) strides[axis] = strides[axis - 1] * shape[axis - 1];
    for (Index i = 0, j = 0; i < count; ++i) {
        visit(i, j);
        for (std::size_t axis = shape.size(); axis-- > 0;) {
            j += strides[axis];
            if (++at[axis] < shape[axis]) break;
            j -= std::exchange(at[axis], 0) * strides[axis];
        }
    }
}

template <class Stored, class T>
Tensor read_elements(NpyFile& file, const NpyHeader& header) {
    const Index width = sizeof(Stored), count = count_elements(file, header.shape);
    file.check(file.remaining() == count * width, file.position(), "shape {} of {:?} takes {} bytes, the file has {}",
               header.shape, header.type, count * width, file.remaining());
    const std::string bytes = file.read(count * width, "the array");
    const bool reversed = (header.type[0] == '>') != (std::endian::native == std::endian::big) && header.type[0] != '=';
    const auto element = [&](Index i) {
        std::array<char, sizeof(Stored)> raw;
        std::copy_n(bytes.data() + i * width, width, raw.data());
        if (reversed) std::reverse(raw.begin(), raw.end());
        return static_cast<T>(std::bit_cast<Stored>(raw));
    };
    return Tensor::build<T>(header.shape, [&](std::span<T> out) {
        const auto take = [&](Index i, Index j) { out[static_cast<std::size_t>(i)] = element(j); };
        if (header.fortran_order) return walk_fortran_order(header.shape, count, take);
        for (Index i = 0; i < count; ++i) take(i, i);
    });
}

Tensor tensor_of(NpyFile file) {
    const NpyHeader header = read_npy_header(file);
    return with_element_type(file, header,
                             [&]<class Stored, class T>() { return read_elements<Stored, T>(file, header); });
}

}  // namespace

Tensor read_npy(const fs::path& path) { return tensor_of(NpyFile(path)); }

Tensor tensor_of_npy(std::string name, std::string content) {
    return tensor_of(NpyFile(std::move(name), std::move(content)));
}

std::string npy_of(const Tensor& tensor) {
    std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                     std::endian::native == std::endian::little ? '<' : '>',
                                     tensor.dtype() == DType::float32 ? "f4" : "f8", fmt::join(tensor.shape(), ", "),
                                     tensor.rank() == 1 ? "," : "");
    // Spaces and a line break, so that the elements start at a multiple of 64 bytes.
    const std::size_t before = npy_magic.size() + 4;
    header.append(63 - (before + header.size()) % 64, ' ').push_back('\n');

    std::string content(npy_magic);
    content.append({'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)});
    content.append(header);
    dispatch(tensor.dtype(), [&]<Scalar T>() {
        const std::span<const std::byte> elements = std::as_bytes(tensor.data<T>());
        content.append(reinterpret_cast<const char*>(elements.data()), elements.size());
    });
    return content;
}

void write_npy(const fs::path& path, const Tensor& tensor) {
    write_atomically(path, std::as_bytes(std::span<const char>(npy_of(tensor))));
}

}  // namespace adjoint
