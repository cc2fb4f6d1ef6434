// Truths about the matrix product: it is the sum of products for every transposition, stride and shape, empty ones too.
#include "framework/tensor/gemm.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace adjoint {
namespace {

// Small whole numbers, so that every product and sum is exact.
template <Scalar T>
std::vector<T> whole_numbers(Index count, int seed) {
    std::vector<T> result(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = static_cast<T>(static_cast<int>((i * 7919 + static_cast<std::size_t>(seed) * 104729) % 19) - 9);
    }
    return result;
}

template <class T>
T at(const Matrix<T>& x, Index row, Index column) {
    return x.transposed ? x.data[column * x.stride + row] : x.data[row * x.stride + column];
}

template <class T>
class Gemm : public ::testing::Test {};
struct TypeName {
    template <class T>
    static std::string GetName(int) {
        return name(dtype_of<T>);
    }
};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Scalars, TypeName);

// Multiplies [m, k] by [k, n] in memory of wider rows than needed; nothing but the result may change.
template <Scalar T>
void expect_product(Index m, Index k, Index n, bool transpose_a, bool transpose_b, Accumulate accumulate) {
    SCOPED_TRACE(fmt::format("m {} k {} n {}{}{}{}", m, k, n, transpose_a ? ", a transposed" : "",
                             transpose_b ? ", b transposed" : "",
                             accumulate == Accumulate::yes ? ", accumulating" : ""));
    const Index gap = 3, a_stride = (transpose_a ? m : k) + gap, b_stride = (transpose_b ? k : n) + gap;
    const std::vector<T> a_memory = whole_numbers<T>((transpose_a ? k : m) * a_stride + 1, 1);
    const std::vector<T> b_memory = whole_numbers<T>((transpose_b ? n : k) * b_stride + 1, 2);
    std::vector<T> memory = whole_numbers<T>(m * (n + gap) + 1, 3);
    const std::vector<T> before = memory;
    const Matrix<const T> a{a_memory.data(), m, k, a_stride, transpose_a};
    const Matrix<const T> b{b_memory.data(), k, n, b_stride, transpose_b};
    gemm<T>(a, b, {memory.data(), m, n, n + gap}, accumulate);
    for (Index i = 0; i < m * (n + gap); ++i) {
        const Index row = i / (n + gap), column = i % (n + gap);
        T expected = before[i];
        if (column < n) {
            if (accumulate == Accumulate::no) expected = 0;
            for (Index j = 0; j < k; ++j) expected += at(a, row, j) * at(b, j, column);
        }
        ASSERT_EQ(memory[i], expected) << "row " << row << " column " << column;
    }
}

TYPED_TEST(Gemm, IsTheSumOfProducts) {
    for (const auto& [m, k, n] : {std::array<Index, 3>{1, 1, 1}, {2, 3, 4}, {5, 1, 7}, {17, 33, 9}, {64, 65, 63}}) {
        for (const bool transpose_a : {false, true}) {
            for (const bool transpose_b : {false, true}) {
                for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes}) {
                    expect_product<TypeParam>(m, k, n, transpose_a, transpose_b, accumulate);
                }
            }
        }
    }
}

TYPED_TEST(Gemm, GivesZerosForAnEmptySum) {
    for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes}) {
        expect_product<TypeParam>(3, 0, 4, false, false, accumulate);
        expect_product<TypeParam>(3, 0, 4, true, true, accumulate);
    }
    std::vector<TypeParam> c = {5, 6};
    const Matrix<const TypeParam> left{c.data(), 2, 0}, right{c.data(), 0, 1};
    gemm<TypeParam>(left, right, {c.data(), 2, 1});
    EXPECT_EQ(c, (std::vector<TypeParam>{0, 0}));
}

TYPED_TEST(Gemm, DoesNothingForAnEmptyResult) {
    expect_product<TypeParam>(0, 3, 4, false, false, Accumulate::no);
    expect_product<TypeParam>(3, 4, 0, false, false, Accumulate::no);
}

TYPED_TEST(Gemm, OverwritesWhatIsNotANumber) {
    const TypeParam nan = std::nan("");
    std::vector<TypeParam> a = {2}, b = {3}, c = {nan};
    gemm<TypeParam>({a.data(), 1, 1}, {b.data(), 1, 1}, {c.data(), 1, 1});
    EXPECT_EQ(c[0], 6);
}

TEST(Matrix, SwapsRowsAndColumnsWhenTransposed) {
    const float memory[] = {1, 2, 3, 4, 5, 6};
    const Matrix<const float> x{memory, 2, 3};
    EXPECT_EQ(x.stride, 3);
    const Matrix<const float> y = x.transpose();
    EXPECT_EQ(y.rows, 3);
    EXPECT_EQ(y.columns, 2);
    EXPECT_EQ(y.stride, 3);
    EXPECT_EQ(at(y, 2, 1), 6);
    EXPECT_EQ(at(y.transpose(), 1, 2), 6);
}

TEST(GemmKernels, AreNamed) { EXPECT_FALSE(gemm_kernels().empty()); }

TEST(GemmKernels, AreThoseThatTheEnvironmentNames) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process, which has not loaded OpenBLAS yet
    for (const char* name : {"Haswell", "Prescott"}) {
        const auto say = [name] {
            setenv("ADJOINT_GEMM_KERNELS", name, /*overwrite=*/1);
            std::fputs(gemm_kernels().c_str(), stderr);
            std::exit(0);
        };
        EXPECT_EXIT(say(), testing::ExitedWithCode(0), name);
    }
}

}  // namespace
}  // namespace adjoint
