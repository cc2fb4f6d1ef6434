#include "tests/support/idx_files.h"

#include <zlib.h>

#include "framework/tensor/random.h"

namespace adjoint {

std::string encode(const IdxArray& array) {
    std::string file{0, 0, 0x08, static_cast<char>(array.shape.size())};
    for (const Index extent : array.shape) file += swapped<std::uint32_t>({static_cast<std::uint32_t>(extent)});
    return file + bytes(array.elements);
}

std::string gzipped(const std::string& bytes) {
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

IdxArray random_array(const Shape& shape) {
    IdxArray array{shape, std::vector<std::uint8_t>(static_cast<std::size_t>(element_count(shape)))};
    const Random random(1);
    for (std::size_t i = 0; i < array.elements.size(); ++i) {
        array.elements[i] = static_cast<std::uint8_t>(random.below(256, i));
    }
    return array;
}

}  // namespace adjoint
