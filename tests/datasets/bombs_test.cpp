// Truths about small files that claim to be large: what they announce is not believed, and not unpacked.
#include "datasets/idx.h"
#include "datasets/image_file.h"
#include "datasets/images/picture_decoder.h"
#include "framework/tensor/error.h"
#include "tests/support/idx_files.h"
#include "tests/support/image_files.h"

namespace adjoint {
namespace {

using Bombs = IdxFiles;

TEST_F(Bombs, OfZerosAreRefusedBeforeTheyAreAllUnpacked) {
    const std::string packed = gzipped(encode({{1000, 280, 280}, std::vector<std::uint8_t>(78'400'000)}));
    const auto file = write("bomb.gz", packed);
    EXPECT_EQ(error_about<DataError>(file, [&] { read_idx(file); }),
              fmt::format("must not unpack to more than 200 times its size of {} bytes", packed.size()));
}

TEST(PngBombs, AreUnpackedToLittleMoreThanTheirPixels) {
    const std::string rows(std::size_t{1} << 26, '\0');
    const std::string bomb = png_of(RawPng{.width = 30, .height = 30, .rows = rows});
    const Bytes file(reinterpret_cast<const std::uint8_t*>(bomb.data()), bomb.size());
    std::vector<std::byte> memory(std::size_t{1} << 20);
    const DecoderAnswer answer = decode_within(memory, {file, 30, 30, 1});
    EXPECT_EQ(answer.outcome, DecoderAnswer::refused) << "and not out of memory";
    EXPECT_STREQ(answer.reason, "more data than its pixels take");
    EXPECT_EQ(error_about<DataError>("x", [&] { decode_picture("x", bomb, 1); }),
              "must be a PNG or JPEG image; got more data than its pixels take");
}

// Numbers of 16 bits, RGB and opacity, in Adam's seven passes take the most beyond what the decoder begins with.
TEST(PngBombs, AreNoPicturesOfTheWidestPixels) {
    constexpr std::uint32_t side = 64, filters = 8 + 8 + 8 + 16 + 16 + 32 + 32;  // a row of each pass
    const RawPng png = {.width = side,
                        .height = side,
                        .rest = std::string("\x10\x06\0\0\1", 5),
                        .rows = std::string(8 * side * side + filters, '\0')};
    EXPECT_EQ(decode_picture("x", png_of(png), 3).view.width, side);
}

}  // namespace
}  // namespace adjoint
