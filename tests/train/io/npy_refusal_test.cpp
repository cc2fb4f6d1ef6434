// Truths about files that are no .npy file, or one that a tensor cannot hold: the error says what was read, what was
// expected, and at which byte.
#include <gtest/gtest.h>
#include <random>

#include "framework/tensor/error.h"
#include "tests/support/expectations.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

using namespace std::string_literals;

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
              "byte 8: expected a header of at most 1048576 bytes, read 4294967295");
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
    EXPECT_EQ(header("{'descr': [('a', '<f8')]}"), R"(byte 20: expected a quoted word in the header, read "[")");
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

TEST(NpyRefusal, TheElementsMustBeExactlyThere) {
    EXPECT_EQ(refusal(npy(described("<f8", "(2, 3)"), std::string(40, '\0'))),
              R"(byte 70: shape [2, 3] of "<f8" takes 48 bytes, the file has 40)");
    EXPECT_EQ(refusal(npy(described("<f4", "()"), std::string(5, '\0'))),
              R"(byte 66: shape [] of "<f4" takes 4 bytes, the file has 5)");
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
        std::string damaged = whole;
        for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
            const std::size_t at = random() % damaged.size();
            switch (random() % 4) {
                case 0:
                    damaged[at] = static_cast<char>(random());
                    break;
                case 1:
                    damaged[at] = favourites[random() % favourites.size()];
                    break;
                case 2:
                    damaged.erase(at, 1 + random() % 4);
                    break;
                default:
                    damaged.insert(at, 1 + random() % 4, favourites[random() % favourites.size()]);
            }
        }
        const std::string message = refusal(damaged);
        read += message == "no error";
        EXPECT_TRUE(message == "no error" || message.starts_with("byte ")) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
    EXPECT_GT(read, 100);  // Elements and spaces may be anything: the damage was not always fatal.
    EXPECT_LT(read, 1900);
}

}  // namespace
}  // namespace adjoint
