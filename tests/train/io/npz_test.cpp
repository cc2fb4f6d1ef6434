// Truths about .npz files: what NumPy wrote is read, what is written is archives of .npy files as NumPy's are, and no
// damage goes unnoticed.
#include "train/io/npz.h"

#include <algorithm>

#include "datasets/read_file.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

/// numpy.savez("w.npz", **{"a.weight": numpy.array([[1.5, -2], [0, numpy.inf]], numpy.float32)}) of NumPy 1.24.
const char* const saved =
    "504b030414000000000000002100e87301b390000000900000000c001400612e7765696768742e6e70790100100090000000000000009000"
    "000000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c"
    "20277368617065273a2028322c2032292c207d20202020202020202020202020202020202020202020202020202020202020202020202020"
    "2020202020202020202020202020202020202020200a0000c03f000000c0000000000000807f504b0102140314000000000000002100e873"
    "01b390000000900000000c0000000000000000000000800100000000612e7765696768742e6e7079504b050600000000010001003a000000"
    "ce0000000000";

/// numpy.savez_compressed("w.npz", b=numpy.asfortranarray(numpy.arange(6.).reshape(2, 3)), steps=numpy.array(7)).
const char* const saved_compressed =
    "504b030414000000080000002100e4c8066057000000b000000005001400622e6e707901001000b00000000000000057000000000000009b"
    "ec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e965f54529498179f5f94920a120f292a4d050a17672416a402b91a46"
    "3a0ac69a3a0ab50ae4032e0614c0e100a13fd8436801289f014a8b380000504b03041400000008000000210023b8f06c4600000088000000"
    "0900140073746570732e6e707901001000880000000000000046000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e93"
    "69a1aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a9a3a0ab50a14012e7606080000504b01021403140000"
    "00080000002100e4c8066057000000b0000000050000000000000000000000800100000000622e6e7079504b010214031400000008000000"
    "210023b8f06c460000008800000009000000000000000000000080018e00000073746570732e6e7079504b050600000000020002006a0000"
    "000f0100000000";

std::string from_hex(const std::string& digits) {
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::string replaced(std::string text, const std::string& old, const std::string& now) {
    EXPECT_NE(text.find(old), std::string::npos) << old;
    for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += now.size()) {
        text.replace(at, old.size(), now);
    }
    return text;
}

class Npz : public testing::Test {
  protected:
    std::map<std::string, Tensor> read(const std::string& content) const {
        write_bytes(path, content);
        return read_npz(path);
    }

    /// The message with which a file of these bytes is refused as DataError, without the file's name.
    std::string damage(const std::string& content) const {
        return error_about<DataError>(path, [&] { read(content); });
    }

    std::string written(const std::map<std::string, Tensor>& tensors) const {
        write_npz(path, tensors);
        return read_file(path);
    }

    TemporaryDirectory directory;
    const fs::path path = directory / "w.npz";
};

// ---- NumPy's

TEST_F(Npz, ReadsWhatNumPySavedAndCompressed) {
    const auto one = read(from_hex(saved)), two = read(from_hex(saved_compressed));
    ASSERT_EQ(one.size(), 1u);
    EXPECT_TRUE(identical(one.at("a.weight"), Tensor({2, 2}, {1.5, -2, 0, INFINITY})));
    ASSERT_EQ(two.size(), 2u);
    EXPECT_TRUE(identical(two.at("b"), doubles({2, 3}, {0, 1, 2, 3, 4, 5})));
    EXPECT_TRUE(identical(two.at("steps"), doubles({}, {7})));
}

// ---- there and back

TEST_F(Npz, ComesBackBitForBit) {
    const std::map<std::string, Tensor> tensors = {{"layer.weight", Tensor({2, 3}, {1.5, -0.0, NAN, 1e-45, 0.1, 7})},
                                                   {"größe/π", doubles({2}, {0.1, 1e300})},
                                                   {"", Tensor({}, {7})},
                                                   {"none", Tensor::zeros({0, 4})},
                                                   {"large", Tensor::full({300, 1000}, 0.5)}};
    written(tensors);
    const auto again = read_npz(path);
    ASSERT_EQ(again.size(), tensors.size());
    for (const auto& [name, tensor] : tensors) EXPECT_TRUE(identical(again.at(name), tensor)) << name;
}

TEST_F(Npz, HoldsEachArraysOwnFileAsItIs) {
    const Tensor x({2, 1}, {1, 2}), y = doubles({3}, {1, 2, 3});
    const std::string file = written({{"x", x}, {"y", y}});
    EXPECT_NE(file.find("x.npy" + npy_of(x)), std::string::npos);
    EXPECT_NE(file.find("y.npy" + npy_of(y)), std::string::npos);
}

TEST_F(Npz, IsTheSameBytesWhenever) {
    const std::string file = written({{"x", Tensor({1}, {5})}});
    EXPECT_EQ(file.substr(0, 4), "PK\x03\x04");
    EXPECT_EQ(file.substr(8, 6), std::string("\0\0\0\0\x21\0", 6));  // stored, at midnight of the 1st of January 1980
}

// ---- refusals

TEST_F(Npz, NoticesDamage) {
    const std::string good = written({{"x", Tensor({2}, {1, 2})}, {"y", Tensor({1}, {5})}});
    EXPECT_EQ(damage(good), "no error");
    EXPECT_EQ(damage(""), "must be a .npz file; Not a zip archive");
    EXPECT_EQ(damage("PK\x05\x06" + std::string(18, '\0')), "must be a .npz file; it holds no array");
    EXPECT_EQ(damage("text"), "must be a .npz file; Not a zip archive");
    EXPECT_EQ(damage(good.substr(0, good.size() / 2)), "must be a .npz file; Not a zip archive");
    EXPECT_EQ(damage(replaced(good, bytes<float>({1, 2}), bytes<float>({1, 3}))),
              "x.npy: cannot be unpacked; CRC error");
    EXPECT_EQ(damage(replaced(good, "npy", "txt")), "must be a .npz file; it holds no array");
    EXPECT_EQ(damage(replaced(good, "y.npy", "x.npy")), "x.npy: must be there once; got it again");
    std::string packed = from_hex(saved_compressed);
    EXPECT_EQ(damage(packed.replace(60, 8, 8, '\xff')).substr(0, 26), "b.npy: cannot be unpacked;");
    for (std::size_t length = 0; length < good.size(); ++length) {
        EXPECT_NE(damage(good.substr(0, length)), "no error") << length;
    }
}

TEST_F(Npz, SaysWhichEntryIsNoArray) {
    const auto checksum = [](const std::string& content) { return bytes<std::uint32_t>({crc32_of(content)}); };
    const std::string good = npy_of(Tensor({1}, {5})), bad = replaced(good, "NUMPY", "GUMPY");
    const std::string file = written({{"x", Tensor({1}, {5})}});
    EXPECT_EQ(damage(replaced(replaced(file, good, bad), checksum(good), checksum(bad))),
              "x.npy: byte 0: expected a .npy file's first bytes \"\\x93NUMPY\", read \"\\x93GUMPY\"");
}

// ---- what else is in archives

TEST_F(Npz, PassesOverWhatIsNoArray) {
    const std::string note = "\0\5\x16\7 by a file manager";
    pack_npz(path, {{"a", npy_of(Tensor({1}, {5}))},
                    {"xx", "How these weights came about"},
                    {"xxx", ""},
                    {"__MACOSX/._a", note},
                    {"._a", note},
                    {"b/.c", note},
                    {"b/.d", npy_of(Tensor({1}, {7}))}});  // a name that we write too
    const auto tensors = read(replaced(replaced(read_file(path), "xxx.npy", "folder/"), "xx.npy", "README"));
    ASSERT_EQ(tensors.size(), 2u);
    EXPECT_TRUE(identical(tensors.at("a"), Tensor({1}, {5})));
    EXPECT_TRUE(identical(tensors.at("b/.d"), Tensor({1}, {7})));
}

TEST_F(Npz, PassesOverArraysOfNoNumbersUntilTheyAreAskedFor) {
    const std::map<std::string, std::string> types = {
        {"text", "<U5"}, {"object", "|O"}, {"complex", "<c8"}, {"day", "<M8[D]"}};
    std::map<std::string, std::string> files = {{"a", npy_of(Tensor({1}, {5}))}};
    for (const auto& [name, type] : types) files[name] = npy(described(type, "(2,)"), "whatever they are");
    files["record"] =
        "\x93NUMPY\x01" + std::string("\0\x60\0", 3) +
        "{'descr': [('age ]', '<i4'), ('w', '<f8', (2,))], 'fortran_order': False, 'shape': (3,)}         ";
    pack_npz(path, files);
    ASSERT_EQ(read_npz(path).size(), 1u);
    const StoredTensors stored = open_npz(path);
    ASSERT_EQ(stored.size(), 6u);
    EXPECT_FALSE(stored.at("a").foreign);
    for (const auto& [name, type] : types) {
        EXPECT_TRUE(stored.at(name).foreign) << name;
        EXPECT_EQ(
            error_about<DataError>(path, [&, name = name] { stored.at(name).tensor(); }),
            fmt::format("{}.npy: byte 20: expected elements that are f2, f4, f8, integers or booleans, read \"{}\"",
                        name, type));
    }
    EXPECT_TRUE(stored.at("record").foreign);
    EXPECT_EQ(stored.at("record").type, "[('age ]', '<i4'), ('w', '<f8', (2,))]");
    EXPECT_EQ(stored.at("record").shape, (Shape{3}));
}

TEST_F(Npz, KeepsTheTypesOfItsArrays) {
    const std::string large = npy(described("<i8", "(2,)"), bytes<std::int64_t>({(1LL << 53) + 1, -1}));
    pack_npz(path, {{"large", large}, {"half", npy(described(">f2", "(1, 2)", "True"), "abcd")}});
    const StoredTensors stored = open_npz(path);
    EXPECT_EQ(stored.at("large").type, "int64");
    EXPECT_EQ(stored.at("large").bytes, 16u);
    EXPECT_EQ(stored.at("large").npy(), large);
    EXPECT_EQ(stored.at("half").type, "float16");
    EXPECT_EQ(stored.at("half").shape, (Shape{1, 2}));
    EXPECT_EQ(stored.at("half").bytes, 4u);
}

TEST_F(Npz, IsMissingWhereThereIsNoFile) {
    EXPECT_EQ(error_about<MissingInput>(path, [&] { read_npz(path); }), "cannot be read; No such file");
    EXPECT_EQ(error_about<MissingInput>(directory.path(), [&] { read_npz(directory.path()); }),
              "must be a file; got a directory");
}

TEST_F(Npz, HoldsAtLeastOneTensor) {
    EXPECT_EQ(error_of([&] { write_npz(path, {}); }), "write_npz: there must be a tensor; got none");
}

}  // namespace
}  // namespace adjoint
