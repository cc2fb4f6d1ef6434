// Truths about .npy files: tensors survive the way to NumPy and back, every kind of file means what NumPy means, and of
// what is no such file, or one that a tensor cannot hold, the error says what was read, what was expected, and where.
#include "train/io/npy.h"

#include <cmath>
#include <functional>
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

// ---- refusals

/// The message with which such a file is refused, without its name.
std::string refusal(const std::string& content) {
    return error_about<DataError>("x.npy", [&] { tensor_of_npy("x.npy", content); });
}

TEST(NpyRefusal, AFileThatCannotBeReadIsMissing) {
    const auto refusal_of = [](const std::filesystem::path& path) {
        return error_about<MissingInput>(path, [&] { read_npy(path); });
    };
    const TemporaryDirectory directory;
    EXPECT_EQ(refusal_of(directory / "no.npy"), "cannot be read; No such file or directory");
    EXPECT_EQ(refusal_of(directory.path()), "cannot be read; not a regular file");
    EXPECT_EQ(refusal_of("/dev/zero"), "cannot be read; not a regular file");
}

TEST(NpyRefusal, WhatIsNoSuchFileIsRefusedAtItsFirstBytes) {
    EXPECT_EQ(refusal(""), R"(byte 0: expected a .npy file's first bytes "\x93NUMPY", read "")");
    EXPECT_EQ(refusal("PK\x03\x04 an archive"),
              R"(byte 0: expected a .npy file's first bytes "\x93NUMPY", read "PK\x03\x04 a")");
    EXPECT_EQ(refusal(npy_start), "byte 6: the file ends, but the format version has 2 bytes from byte 6");
    EXPECT_EQ(refusal(npy_start + "\x04\x00"s), "byte 6: expected format version 1.0, 2.0 or 3.0, read 4.0");
    EXPECT_EQ(refusal(npy_start + "\x01\x00\x40"s),
              "byte 9: the file ends, but the header's length has 2 bytes from byte 8");
    EXPECT_EQ(refusal(npy_start + "\x01\x00\x40\x00{"s),
              "byte 11: the file ends, but the header has 64 bytes from byte 10");
    EXPECT_EQ(refusal(npy_start + "\x02\x00\xff\xff\xff\xff"s),
              "byte 8: expected a header of at most 65536 bytes, read 4294967295");
}

TEST(NpyRefusal, AHeaderThatMakesNoSenseIsRefusedAtItsByte) {
    const auto header = [&](const std::string& text) { return refusal(npy(text, "")); };
    EXPECT_EQ(header("[]"), R"(byte 10: expected '{' in the header, read "[")");
    EXPECT_EQ(header("{"), "byte 11: expected a quoted word in the header, read its end");
    EXPECT_EQ(header("{'descr"), "byte 11: the quoted word does not end");
    EXPECT_EQ(header("{'color': 1}"),
              R"(byte 11: expected each of 'descr', 'fortran_order' and 'shape' once, read "color")");
    EXPECT_EQ(header("{'descr': '<f8', 'descr': '<f8'}"),
              R"(byte 27: expected each of 'descr', 'fortran_order' and 'shape' once, read "descr")");
    EXPECT_EQ(header("{'descr' '<f8'}"), R"(byte 19: expected ':' in the header, read "'")");
    EXPECT_EQ(header("{'descr': [('a', '<f8')]}"), "byte 35: the header ends, but has no 'fortran_order'");
    EXPECT_EQ(header("{'descr': [('a', '<f8'), "), "byte 20: the list of fields does not end");
    EXPECT_EQ(header("{'descr': 5}"), R"(byte 20: expected a quoted word in the header, read "5")");
    EXPECT_EQ(header("{'fortran_order': 0}"), R"(byte 28: expected True or False, read "0")");
    EXPECT_EQ(header("{'shape': 3}"), R"(byte 20: expected '(' in the header, read "3")");
    EXPECT_EQ(header("{'shape': (-3,)}"), R"(byte 21: expected an extent in the shape, read "-")");
    EXPECT_EQ(header("{'shape': (3 4)}"), R"(byte 23: expected ')' in the header, read "4")");
    EXPECT_EQ(header("{'shape': (3)}"), "byte 24: the header ends, but has no 'descr'");
    EXPECT_EQ(header("{'shape': (99999999999999999999,)}"), "byte 21: the extent in the shape is too large");
    EXPECT_EQ(header(described("<f8", "()") + "x"), R"(byte 66: expected the end of the header, read "x")");
}

TEST(NpyRefusal, OnlyNumbersThatATensorHoldsAreRead) {
    for (const char* type : {"<c16", "<U5", "|O", "<f16", "f8", "", "<", "<M8[ns]"}) {
        EXPECT_EQ(refusal(npy(described(type, "(1,)"), std::string(16, '\0'))),
                  fmt::format("byte 20: expected elements that are f2, f4, f8, integers or booleans, read "
                              "\"{}\"",
                              type));
    }
}

TEST(NpyRefusal, RecordsAreNoTensor) {
    const std::string record = "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }";
    EXPECT_EQ(refusal(npy(record, std::string(8, '\0'))),
              R"(byte 20: expected elements that are f2, f4, f8, integers or booleans, read "[('a', '<f8')]")");
}

TEST(NpyRefusal, TheElementsMustBeExactlyThere) {
    EXPECT_EQ(refusal(npy(described("<f8", "(2, 3)"), std::string(40, '\0'))),
              R"(byte 70: shape [2, 3] of "<f8" takes 48 bytes, the file has 40)");
    EXPECT_EQ(refusal(npy(described("<f4", "()"), std::string(5, '\0'))),
              R"(byte 66: shape [] of "<f4" takes 4 bytes, the file has 5)");
    const std::string half = npy(described("<f8", "(2,)"), std::string(8, '\0'));
    const StoredTensor stored = stored_npy("x.npy", [&](std::size_t most) { return half.substr(0, most); });
    EXPECT_EQ(stored.bytes, 16u);
    for (const auto& read : {std::function<void()>(stored.tensor), std::function<void()>(stored.npy)}) {
        EXPECT_EQ(error_about<DataError>("x.npy", read),
                  R"(byte 68: shape [2] of "<f8" takes 16 bytes, the file has 8)");
    }
}

TEST(NpyRefusal, AHugeShapeIsRefusedBeforeAnythingIsAllocated) {
    EXPECT_EQ(refusal(npy(described("<f8", "(1000000, 1000000)"), "")),
              R"(byte 82: shape [1000000, 1000000] of "<f8" takes 8000000000000 bytes, the file has 0)");
    EXPECT_EQ(refusal(npy(described("<f8", "(4611686018427387904, 8)"), "")),
              "byte 88: the header's shape [4611686018427387904, 8] is too large");
    EXPECT_EQ(refusal(npy(described("<f8", "(0, 4611686018427387904, 8)"), "")),
              "byte 91: the header's shape [0, 4611686018427387904, 8] is too large");
    std::string axes;
    for (int axis = 0; axis < 65; ++axis) axes += "1,";
    EXPECT_EQ(refusal(npy(described("<f8", "(" + axes + ")"), "")), "byte 190: expected at most 64 axes, read more");
}

TEST(NpyRefusal, NoDamagedFileDoesMoreThanBeRefused) {
    std::mt19937 random(20);
    const std::string whole = npy(described("<f4", "(2, 3)", "True"), bytes<float>({1, 2, 3, 4, 5, 6}));
    const std::string favourites = "{}()[]',:0189<>|fiubLTF\n\0 \xff"s;
    int read = 0;
    for (int round = 0; round < 2000; ++round) {
        const std::string message = refusal(damaged(whole, favourites, random));
        read += message == "no error";
        EXPECT_TRUE(message == "no error" || message.starts_with("byte ")) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
    EXPECT_GT(read, 50);  // Elements and spaces may be anything: the damage was not always fatal.
    EXPECT_LT(read, 1900);
}

}  // namespace
}  // namespace adjoint
