#include "tests/support/idx_files.h"

#include <fstream>
#include <zlib.h>

#include "framework/tensor/random.h"

namespace adjoint {

void write_bytes(const std::filesystem::path& path, const Bytes& content) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(content.data()), std::ssize(content));
}

Bytes joined(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Bytes encode(const IdxArray& array) {
    Bytes bytes{0, 0, 0x08, static_cast<std::uint8_t>(array.shape.size())};
    for (const Index extent : array.shape) {
        for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(extent >> shift));
    }
    return joined(bytes, array.elements);
}

Bytes gzipped(const Bytes& bytes) {
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes packed(deflateBound(&stream, bytes.size()));
    stream.next_in = const_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

IdxArray random_array(const Shape& shape) {
    IdxArray array{shape, Bytes(static_cast<std::size_t>(element_count(shape)))};
    const Random random(1);
    for (std::size_t i = 0; i < array.elements.size(); ++i) {
        array.elements[i] = static_cast<std::uint8_t>(random.below(256, i));
    }
    return array;
}

}  // namespace adjoint
