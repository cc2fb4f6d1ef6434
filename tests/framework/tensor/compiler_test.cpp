// Truth about the compiler, with the flags of this build: it writes numbers down as they stand. GCC 12.2 does not where
// AVX-512 is allowed and straight-line code is vectorised: it stores {3, 3, 3, 0} as {3, 3, 3, 3}
// (-fno-tree-slp-vectorize cures it).
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace adjoint {
namespace {

template <class T>
[[gnu::noinline]] void store_constants(T* out) {
    const T constants[8] = {3, 3, 3, 0, 1, 1, 0, 0};
    std::memmove(out, constants, 4 * sizeof(T));
    std::memmove(out + 4, constants + 4, 4 * sizeof(T));
}

template <class T>
std::vector<T> stored_constants() {
    std::vector<T> out(8);
    store_constants(out.data());
    return out;
}

TEST(Compiler, StoresConstantsAsTheyStand) {
    EXPECT_EQ(stored_constants<std::int32_t>(), (std::vector<std::int32_t>{3, 3, 3, 0, 1, 1, 0, 0}));
    EXPECT_EQ(stored_constants<std::int64_t>(), (std::vector<std::int64_t>{3, 3, 3, 0, 1, 1, 0, 0}));
    EXPECT_EQ(stored_constants<float>(), (std::vector<float>{3, 3, 3, 0, 1, 1, 0, 0}));
    EXPECT_EQ(stored_constants<double>(), (std::vector<double>{3, 3, 3, 0, 1, 1, 0, 0}));
}

}  // namespace
}  // namespace adjoint
