// Truths about small files that claim to be large: what they announce is not believed, and not unpacked.
#include "datasets/idx.h"
#include "framework/tensor/error.h"
#include "tests/support/idx_files.h"

namespace adjoint {
namespace {

using Bombs = IdxFiles;

TEST_F(Bombs, OfZerosAreRefusedBeforeTheyAreAllUnpacked) {
    const std::string packed = gzipped(encode({{1000, 280, 280}, std::vector<std::uint8_t>(78'400'000)}));
    const auto file = write("bomb.gz", packed);
    EXPECT_EQ(error_about<DataError>(file, [&] { read_idx(file); }),
              fmt::format("must not unpack to more than 200 times its size of {} bytes", packed.size()));
}

}  // namespace
}  // namespace adjoint
