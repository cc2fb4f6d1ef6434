// Truths about .npy files: tensors survive the way to NumPy and back, and every kind of file means what NumPy means.
#include "train/io/npy.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "datasets/read_file.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using namespace std::string_literals;

class Npy : public testing::Test {
  protected:
    static Tensor read(const std::string& content) { return tensor_of_npy("x", content); }

    TemporaryDirectory directory_;
};

// ---- there and back

TEST_F(Npy, ComesBackBitForBit) {
    const double inf = std::numeric_limits<double>::infinity();
    const auto comes_back = [&](const Tensor& tensor) {
        write_npy(directory_ / "x.npy", tensor);
        return identical(read_npy(directory_ / "x.npy"), tensor);
    };
    for (const DType dtype : {DType::float32, DType::float64}) {
        for (const Shape& shape : {Shape{6}, {2, 3}, {1, 2, 3, 1}, {3, 1, 2}}) {
            EXPECT_TRUE(comes_back(Tensor(shape, {0.1, -0.0, 1e30, -inf, NAN, 5e-324}, dtype))) << shape.size();
        }
        for (const Shape& shape : {Shape{0}, {2, 0, 3}, {}}) EXPECT_TRUE(comes_back(Tensor::full(shape, 7, dtype)));
    }
}

TEST_F(Npy, IsWrittenAsNumPyWritesIt) {
    write_npy(directory_ / "x.npy", Tensor({2, 1}, {1, 2}));
    const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
    EXPECT_EQ(read_file(directory_ / "x.npy"),
              npy(header + std::string(117 - header.size(), ' ') + '\n', bytes<float>({1, 2})));
    const std::string other = npy_of(doubles({3}, {1, 2, 3}));
    EXPECT_NE(other.find("'<f8', 'fortran_order': False, 'shape': (3,), }"), std::string::npos);
    EXPECT_EQ(other.size(), 128 + 24);
}

TEST_F(Npy, ElementsStartAtAMultipleOf64Bytes) {
    for (Index rank = 0; rank <= 60; ++rank) {
        const std::string file = npy_of(Tensor::ones(Shape(static_cast<std::size_t>(rank), 1)));
        EXPECT_EQ(file.size() % 64, 4) << rank;
        EXPECT_EQ(tensor_of_npy("x", file).rank(), rank);
    }
}

// ---- what NumPy writes

TEST_F(Npy, EveryElementTypeIsRead) {
    const auto expect = [&](const std::string& type, const std::string& elements, const Tensor& expected) {
        EXPECT_TRUE(identical(read(npy(described(type, "(3,)"), elements)), expected)) << type;
    };
    expect("<f4", bytes<float>({1, -2, 0.1F}), Tensor({3}, {1, -2, 0.1F}));
    expect(">f4", swapped<float>({1, -2, 0.1F}), Tensor({3}, {1, -2, 0.1F}));
    expect("<f8", bytes<double>({1, -2, 0.1}), doubles({3}, {1, -2, 0.1}));
    expect("=f8", bytes<double>({1, -2, 0.1}), doubles({3}, {1, -2, 0.1}));
    expect(">f8", swapped<double>({1, -2, 0.1}), doubles({3}, {1, -2, 0.1}));
    expect("|b1", bytes<std::uint8_t>({0, 1, 1}), doubles({3}, {0, 1, 1}));
    expect("|u1", bytes<std::uint8_t>({0, 1, 255}), doubles({3}, {0, 1, 255}));
    expect("|i1", bytes<std::int8_t>({0, 1, -128}), doubles({3}, {0, 1, -128}));
    expect("<u2", bytes<std::uint16_t>({0, 1, 65535}), doubles({3}, {0, 1, 65535}));
    expect(">u2", swapped<std::uint16_t>({0, 1, 65535}), doubles({3}, {0, 1, 65535}));
    expect("<i2", bytes<std::int16_t>({0, 1, -32768}), doubles({3}, {0, 1, -32768}));
    expect("<u4", bytes<std::uint32_t>({0, 1, 4294967295U}), doubles({3}, {0, 1, 4294967295.0}));
    expect(">i4", swapped<std::int32_t>({0, 1, -7}), doubles({3}, {0, 1, -7}));
    expect("<i8", bytes<std::int64_t>({0, 1, -(1LL << 53)}), doubles({3}, {0, 1, -9007199254740992.0}));
    expect(">u8", swapped<std::uint64_t>({0, 1, 1ULL << 63}), doubles({3}, {0, 1, 9223372036854775808.0}));
}

TEST_F(Npy, HalfPrecisionBecomesFloat32) {
    const std::vector<std::uint16_t> halves = {0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x0400, 0x7c00, 0xfc00, 0x8000};
    const float inf = std::numeric_limits<float>::infinity();
    const Tensor expected({9},
                          {1, -2, 0.333251953125, 65504, std::ldexp(1.0, -24), std::ldexp(1.0, -14), inf, -inf, -0.0});
    EXPECT_TRUE(identical(read(npy(described("<f2", "(9,)"), bytes(halves))), expected));
    EXPECT_TRUE(identical(read(npy(described(">f2", "(9,)"), swapped(halves))), expected));
    EXPECT_TRUE(std::isnan(read(npy(described("<f2", "(1,)"), bytes<std::uint16_t>({0x7e00})))[0]));
}

TEST_F(Npy, FortranOrderIsTurnedIntoRowMajorOrder) {
    EXPECT_TRUE(equal(read(npy(described("<f8", "(2, 3)", "True"), bytes<double>({1, 4, 2, 5, 3, 6}))),
                      doubles({2, 3}, {1, 2, 3, 4, 5, 6})));
    std::vector<double> stored;  // x[i, j, k] = 100i + 10j + k
    for (int k = 0; k < 4; ++k) {
        for (int j = 0; j < 3; ++j) {
            for (int i = 0; i < 2; ++i) stored.push_back(100 * i + 10 * j + k);
        }
    }
    const Tensor tensor = read(npy(described("<f8", "(2, 3, 4)", "True"), bytes(stored)));
    for (Index e = 0; e < 24; ++e) EXPECT_EQ(tensor[e], 100.0 * (e / 12) + 10.0 * (e / 4 % 3) + e % 4) << e;
}

TEST_F(Npy, HeadersOfEveryVersionAndStyleAreRead) {
    const Tensor expected = doubles({2}, {1, 2});
    const std::string header = described("<f8", "(2,)"), elements = bytes<double>({1, 2});
    const std::string length{static_cast<char>(header.size()), 0, 0, 0};
    EXPECT_TRUE(equal(read(npy_start + "\x02\x00"s + length + header + elements), expected));
    EXPECT_TRUE(equal(read(npy_start + "\x03\x00"s + length + header + elements), expected));
    for (const char* other : {R"({"shape":(2,),"fortran_order":True,"descr":"<f8"})",
                              "{ 'shape' : ( 2 , ) , 'descr' : '<f8' , 'fortran_order' : False , }      \n",
                              "{'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }\n"}) {
        EXPECT_TRUE(equal(read(npy(other, elements)), expected)) << other;
    }
}

}  // namespace
}  // namespace adjoint
