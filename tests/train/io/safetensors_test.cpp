// Truths about safetensors files: tensors come back bit for bit, the file is what the format describes, and no damage
// to it goes unnoticed.
#include "train/io/safetensors.h"

#include <cstring>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "datasets/read_file.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

/// A matrix, a vector of the other type, a number and nothing.
const NamedTensors example = {{"layer.weight", Tensor({2, 3}, {1.5, -0.0, NAN, 1e-45, -INFINITY, 0.1})},
                              {"layer.bias", doubles({2}, {1.5, 1e300})},
                              {"steps", Tensor({}, {7})},
                              {"none", Tensor::zeros({0, 4})}};

class Safetensors : public testing::Test {
  protected:
    Safetensors() { write_safetensors(path, example, {{"model", "example"}}); }

    static std::uint64_t header_length(const std::string& content) {
        std::uint64_t length = 0;
        std::memcpy(&length, content.data(), sizeof length);
        return length;
    }
    /// A file of one tensor x.
    StoredTensor stored(const std::string& type, const std::string& shape, const std::string& elements) const {
        const std::string header =
            fmt::format(R"({{"x":{{"dtype":"{}","shape":{},"data_offsets":[0,{}]}}}})", type, shape, elements.size());
        write_bytes(path, bytes<std::uint64_t>({header.size()}) + header + elements);
        return open_safetensors(path).tensors.at("x");
    }
    /// The file with this header, padded as it should be, and the same elements.
    void write_header(const std::string& header) const {
        const std::string old = read_file(path);
        std::string text = header;
        text.resize((text.size() + 7) / 8 * 8, ' ');
        const std::vector<std::uint64_t> length = {text.size()};
        write_bytes(path, bytes(length) + text + old.substr(8 + header_length(old)));
    }
    /// The message with which reading refuses, without the file's name.
    std::string damage() const {
        const std::string message = error_about<DataError>(path, [&] { read_safetensors(path); });
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
        return message;
    }

    TemporaryDirectory directory;
    const fs::path path = directory / "weights.safetensors";
};

TEST_F(Safetensors, HaveTheChecksumOfTheirMetadataAndTensorsInTheOrderOfTheirNames) {
    write_safetensors(path, {{"b", Tensor({1, 2}, {1.5, -2})}, {"a", Tensor({}, {3}, DType::float64)}}, {{"k", "v"}});
    const std::string content =
        "k\nv\na\nF64 []\n" + bytes<double>({3}) + "b\nF32 [1, 2]\n" + bytes<float>({1.5f, -2.0f});
    EXPECT_EQ(read_safetensors(path).metadata.at("adjoint.crc32"), fmt::format("{:08x}", crc32_of(content)));
}

TEST_F(Safetensors, AreRefusedWhereAnyBitIsNotAsItWasWritten) {
    const std::string whole = read_file(path);
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        std::string altered = whole;
        altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
        write_bytes(path, altered);
        try {
            const SafetensorsFile file = read_safetensors(path);
            EXPECT_FALSE(file.metadata.contains("adjoint.crc32"))
                << "bit " << bit;  // it was in the checksum's own name
            for (const auto& [name, tensor] : example) EXPECT_TRUE(identical(file.tensors.at(name), tensor));
        } catch (const DataError&) {
        }
    }
}

// ---- other tools' files ---------------------------------------------------------------------------------------------

TEST_F(Safetensors, OfOtherTypesBecomeOurs) {
    const auto expect = [&](const std::string& type, const std::string& elements, const std::vector<double>& numbers) {
        const Tensor tensor = stored(type, fmt::format("[{}]", numbers.size()), elements).tensor();
        EXPECT_EQ(tensor.to_vector(), numbers) << type;
        EXPECT_EQ(tensor.dtype(), type.find("F16") == type.npos ? DType::float64 : DType::float32) << type;
    };
    // 1, −2, the smallest and the largest number of 16 bits: 2⁻²⁴ and 65504.
    expect("F16", bytes<std::uint16_t>({0x3C00, 0xC000, 0x0001, 0x7BFF}), {1, -2, 0x1p-24, 65504});
    expect("BF16", bytes<std::uint16_t>({0x3F80, 0xC000, 0x4049}), {1, -2, 3.140625});
    expect("I64", bytes<std::int64_t>({-5, 1LL << 53}), {-5, 0x1p53});
    expect("I32", bytes<std::int32_t>({-5, 2147483647}), {-5, 2147483647});
    expect("I16", bytes<std::int16_t>({-5, 300}), {-5, 300});
    expect("I8", bytes<std::int8_t>({-5, 100}), {-5, 100});
    expect("U64", bytes<std::uint64_t>({5, 1ULL << 63}), {5, 0x1p63});
    expect("U32", bytes<std::uint32_t>({5, 4294967295U}), {5, 4294967295.0});
    expect("U16", bytes<std::uint16_t>({5, 65535}), {5, 65535});
    expect("U8", bytes<std::uint8_t>({5, 200}), {5, 200});
    expect("BOOL", bytes<std::uint8_t>({0, 1}), {0, 1});
}

TEST_F(Safetensors, SayTheTypesOfTensorsThatOursCannotHold) {
    const auto expect = [&](const std::string& type, const std::string& shape, std::uint64_t bytes) {
        const StoredTensor tensor = stored(type, shape, std::string(bytes, 'x'));
        EXPECT_EQ(fmt::format("{}", tensor.shape), shape) << type;
        EXPECT_EQ(tensor.bytes, bytes) << type;
        EXPECT_EQ(
            error_about<DataError>(path, [&] { tensor.tensor(); }),
            "x: must have elements of F32, F64, F16, BF16, BOOL, U8, I8, U16, I16, U32, I32, U64, I64; got " + type);
        EXPECT_EQ(error_about<DataError>(path, [&] { read_safetensors(path); }).substr(0, 24),
                  "x: must have elements of");
        return tensor.type;
    };
    for (const char* type : {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"}) {
        EXPECT_EQ(expect(type, "[2, 3]", 6), type);
        EXPECT_EQ(error_about<DataError>(path, [&] { open_safetensors(path).tensors.at("x").npy(); }),
                  fmt::format("x: must have a type that NumPy has; got {}", type));
    }
    EXPECT_EQ(expect("F6_E2M3", "[4]", 3), "F6_E2M3");
    EXPECT_EQ(expect("F4", "[3, 2]", 3), "F4");
    EXPECT_EQ(expect("C64", "[2]", 16), "complex64");
    EXPECT_EQ(expect("I2_OF_TOMORROW", "[16]", 4), "I2_OF_TOMORROW");
}

TEST_F(Safetensors, AreReadableBesideSuchTensors) {
    write_header(R"({"new":{"dtype":"F8_E5M2","shape":[3],"data_offsets":[0,3]},)"
                 R"("x":{"dtype":"U8","shape":[2],"data_offsets":[3,5]},)"
                 R"("rest":{"dtype":"U8","shape":[39],"data_offsets":[5,44]}})");
    const StoredTensors tensors = open_safetensors(path).tensors;
    EXPECT_EQ(tensors.at("new").type, "F8_E5M2");
    EXPECT_EQ(tensors.at("x").type, "uint8");
    const std::string content = read_file(path), elements = content.substr(8 + header_length(content));
    EXPECT_EQ(tensors.at("x").tensor()[1], static_cast<unsigned char>(elements[4]));
}

TEST_F(Safetensors, GiveNumPyTheElementsAsTheyAre) {
    const auto npy_file = [&](const std::string& type, const std::string& elements) {
        const std::string file = stored(type, "[2]", elements).npy();
        return file.substr(10, 20) + file.substr(128);
    };
    const std::string large = bytes<std::int64_t>({(1LL << 53) + 1, -1});
    EXPECT_EQ(npy_file("I64", large), "{'descr': '<i8', 'fo" + large);
    EXPECT_EQ(npy_file("F16", "abcd"), "{'descr': '<f2', 'foabcd");
    EXPECT_EQ(npy_file("BOOL", "\1\1"), "{'descr': '|b1', 'fo\1\1");
    EXPECT_EQ(npy_file("U8", "ab"), "{'descr': '|u1', 'foab");
    EXPECT_EQ(npy_file("C64", "abcdefghijklmnop"), "{'descr': '<c8', 'foabcdefghijklmnop");
    EXPECT_EQ(npy_file("BF16", bytes<std::uint16_t>({0x3F80, 0xC000})), "{'descr': '<f4', 'fo" + bytes<float>({1, -2}));
}

TEST_F(Safetensors, ThatAnotherToolHasChangedAreTold) {
    EXPECT_EQ(read_safetensors(path).origin, Origin::unchanged);
    const std::string old = read_file(path);
    auto header = nlohmann::ordered_json::parse(old.substr(8, header_length(old)));
    const auto metadata = header.at("__metadata__");
    header.erase("__metadata__");
    nlohmann::ordered_json rewritten = {{"__metadata__", metadata}};
    for (const auto& [name, entry] : header.items()) rewritten[name] = entry;
    write_header(rewritten.dump());
    EXPECT_EQ(read_safetensors(path).origin, Origin::unchanged) << "the same content";
    rewritten["__metadata__"]["note"] = "mine";
    write_header(rewritten.dump());
    EXPECT_EQ(read_safetensors(path).origin, Origin::changed);
    rewritten["__metadata__"].erase("note");
    rewritten["layer.weights"] = rewritten["layer.weight"];
    rewritten.erase("layer.weight");
    write_header(rewritten.dump());
    EXPECT_EQ(read_safetensors(path).origin, Origin::changed);
    rewritten["__metadata__"].erase("adjoint.crc32");
    write_header(rewritten.dump());
    EXPECT_EQ(read_safetensors(path).origin, Origin::unknown);
    rewritten["__metadata__"]["crc32"] = "of version 0.1";
    write_header(rewritten.dump());
    EXPECT_EQ(read_safetensors(path).origin, Origin::changed);
}

// ---- there and back -------------------------------------------------------------------------------------------------

TEST_F(Safetensors, ComeBackBitForBit) {
    const std::map<std::string, Tensor> tensors = read_safetensors(path).tensors;
    ASSERT_EQ(tensors.size(), example.size());
    for (const auto& [name, tensor] : example) EXPECT_TRUE(identical(tensors.at(name), tensor)) << name;
}

TEST_F(Safetensors, AreWrittenAsTheFormatDescribes) {
    const std::string file = read_file(path);
    const std::uint64_t length = header_length(file);
    EXPECT_EQ(length % 8, 0u);
    const auto header = nlohmann::ordered_json::parse(file.substr(8, length));
    EXPECT_EQ(header.at("__metadata__").at("model"), "example");
    const std::string elements = file.substr(8 + length);
    std::size_t end = 0, entries = 0;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") continue;
        const Tensor& tensor = example[entries++].second;
        const bool single = tensor.dtype() == DType::float32;
        EXPECT_EQ(entry.at("dtype"), single ? "F32" : "F64") << name;
        EXPECT_EQ(entry.at("shape").get<Shape>(), tensor.shape()) << name;
        EXPECT_EQ(entry.at("data_offsets").at(0), end) << name;
        end += static_cast<std::size_t>(tensor.size()) * (single ? 4 : 8);
        EXPECT_EQ(entry.at("data_offsets").at(1), end) << name;
    }
    EXPECT_EQ(entries, example.size());
    EXPECT_EQ(elements.size(), end);
    EXPECT_EQ(elements.substr(24, 16), bytes<double>({1.5, 1e300}));
}

// ---- damage ---------------------------------------------------------------------------------------------------------

TEST_F(Safetensors, RefuseEveryTruncationAndEveryAddition) {
    const std::string whole = read_file(path);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_bytes(path, whole.substr(0, length));
        EXPECT_NE(damage(), "no error") << length << " bytes of " << whole.size();
    }
    write_bytes(path, whole + '\0');
    EXPECT_EQ(damage(), "the tensors must fill the file without gap or overlap; got 4 tensors in 45 bytes");
}

TEST_F(Safetensors, RefuseHeadersThatDoNotDescribeTheFile) {
    const auto entry = [&](const std::string& type, const std::string& shape, const std::string& offsets) {
        write_header(fmt::format(R"({{"x":{{"dtype":"{}","shape":{},"data_offsets":{}}}}})", type, shape, offsets));
        return damage();
    };
    EXPECT_EQ(entry("F32", "[11]", "[0,44]"), "no error");
    EXPECT_EQ(entry("U64", "[11]", "[0,44]"), "x: shape [11] takes 88 bytes; got 44");
    EXPECT_EQ(entry("F6_E3M2", "[57]", "[0,44]"), "x: shape [57] takes 43 bytes; got 44");
    EXPECT_EQ(entry("F32", "[11]", "[0,48]"), "x: the elements must lie in the file; got bytes 0 to 48 of 44");
    EXPECT_EQ(entry("F32", "[11]", "[44,0]"), "x: the elements must lie in the file; got bytes 44 to 0 of 44");
    EXPECT_EQ(entry("F32", "[10]", "[0,44]"), "x: shape [10] takes 40 bytes; got 44");
    const std::map<std::string, std::string> no_extents = {{"[-11]", "[-11]"},
                                                           {"[2,-1]", "[2,-1]"},
                                                           {"[2.5]", "[2.5]"},
                                                           {"[11.0]", "[11.0]"},
                                                           {"[1e3]", "[1000.0]"},
                                                           {"[true]", "[true]"},
                                                           {R"(["11"])", R"(["11"])"},
                                                           {"11", "11"},
                                                           {"[-0]", "[0]"},
                                                           {"[9223372036854775808]", "[9223372036854775808]"},
                                                           {"[18446744073709551616]", "[1.8446744073709552e+19]"}};
    const std::string counts = "a list, each a whole number from 0 to 9223372036854775807; got ";
    for (const auto& [shape, read] : no_extents) {
        EXPECT_EQ(entry("F32", shape, "[0,44]"), "x: shape must be " + counts + read);
    }
    EXPECT_EQ(entry("F32", "[11]", "[0,-4]"), "x: data_offsets must be " + counts + "[0,-4]");
    EXPECT_EQ(entry("F32", "[11]", "[0.0,44]"), "x: data_offsets must be " + counts + "[0.0,44]");
    EXPECT_EQ(entry("F32", "[11]", "[0,44,44]"), "x: data_offsets must be two numbers; got [0, 44, 44]");
    EXPECT_EQ(entry("F32", "[4611686018427387904,4]", "[0,44]"),
              "x: the shape does not fit the file; got [4611686018427387904, 4]");
    EXPECT_EQ(entry("F32", "[10]", "[4,44]"),
              "the tensors must fill the file without gap or overlap; got 1 tensors in 44 bytes");
    EXPECT_EQ(entry("F32", "[0,4611686018427387904,4]", "[0,0]"),
              "x: the shape does not fit the file; got [0, 4611686018427387904, 4]");
    EXPECT_EQ(entry("F32", std::string(100'000, '[') + std::string(100'000, ']'), "[0,44]"),
              "the header: must have at most 64 lists and objects within one another");
    const std::string name(100'000, 'y');
    const std::vector<std::pair<std::string, std::string>> no_entries = {
        {"{\"" + name + "\":3}", shortened(name) + ": data_offsets must be " + counts + "none"},
        {"[3]", "the header: must be a JSON object; got [3]     "},
        {"{", "the header: must be a JSON object; got {       "},
        {R"({"x":3})", "x: data_offsets must be " + counts + "none"},
        {R"({"x":{"dtype":5,"data_offsets":[0,44]}})", "x: dtype must be a text; got 5"},
        {R"({"__metadata__":{"a":5}})", "__metadata__ must be an object, each value a text; got {\"a\":5}"}};
    for (const auto& [wrong, message] : no_entries) {
        write_header(wrong);
        EXPECT_EQ(damage(), message);
    }
    const std::string all = R"({"dtype":"F32","shape":[11],"data_offsets":[0,44]})";
    write_header(R"({"x":)" + all + R"(,"y":)" + all + "}");
    EXPECT_EQ(damage(), "the tensors must fill the file without gap or overlap; got 2 tensors in 44 bytes");
}

TEST_F(Safetensors, RefuseAKeyThatIsThereTwice) {
    const std::string all = R"({"dtype":"F32","shape":[11],"data_offsets":[0,44]})", x = R"("x":)" + all;
    const auto refusal = [&](const std::string& header) {
        write_header(header);
        return damage();
    };
    EXPECT_EQ(refusal("{" + x + "," + x + "}"), "the header must have each key once; got \"x\" again");
    EXPECT_EQ(refusal(R"({"x":{"shape":[1],"dtype":"F32","shape":[11],"data_offsets":[0,44]}})"),
              "the header must have each key once; got \"shape\" again");
    EXPECT_EQ(refusal(R"({"__metadata__":{"a":"1","a":"2"},)" + x + "}"),
              "the header must have each key once; got \"a\" again");
    EXPECT_EQ(refusal("{" + x + R"(,"__metadata__":{"x":"1","dtype":"2"}})"), "no error");
}

TEST_F(Safetensors, MayHoldTensorsOfNoElements) {
    for (const char* shape : {"[2,0]", "[0,2]", "[0]", "[3,0,5]"}) {
        const Tensor tensor = stored("F32", shape, "").tensor();
        EXPECT_EQ(tensor.size(), 0);
        EXPECT_EQ(nlohmann::json(tensor.shape()).dump(), shape);
    }
}

TEST_F(Safetensors, AreMissingWhereThereIsNoFile) {
    const auto refusal = [](const fs::path& file) {
        return error_about<MissingInput>(file, [&] { read_safetensors(file); });
    };
    EXPECT_EQ(refusal(directory / "other"), "cannot be read; got No such file or directory");
    EXPECT_EQ(refusal(directory.path()), "must be a file; got a directory");
    EXPECT_EQ(refusal("/dev/null"), "must be a file; got a device");
}

TEST_F(Safetensors, RefuseTwoTensorsOfOneNameAndTheNameOfTheMetadata) {
    const std::string before = read_file(path);
    for (const std::string name : {"w", "__metadata__"}) {
        EXPECT_REFUSAL(write_safetensors(path, {{"w", Tensor({}, {1})}, {"v", Tensor({}, {2})}, {name, Tensor()}}),
                       "write_safetensors: names must differ, and none be __metadata__; got " + name);
    }
    EXPECT_REFUSAL(write_safetensors(path, {{"\xff", Tensor()}}),
                   "write_safetensors: names and metadata must be UTF-8; got other bytes");
    EXPECT_EQ(read_file(path), before);
}

}  // namespace
}  // namespace adjoint
