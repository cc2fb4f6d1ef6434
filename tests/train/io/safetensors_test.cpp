// Truths about safetensors files: tensors come back bit for bit, the file is what the format describes, and no damage
// to it goes unnoticed.
#include "train/io/safetensors.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "datasets/read_file.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"

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
    EXPECT_EQ(read_safetensors(path).metadata.at("crc32"), fmt::format("{:08x}", crc32_of(content)));
}

TEST_F(Safetensors, AreRefusedWhereAnyBitIsNotAsItWasWritten) {
    const std::string whole = read_file(path);
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        std::string altered = whole;
        altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
        write_bytes(path, altered);
        try {
            const SafetensorsFile file = read_safetensors(path);
            EXPECT_FALSE(file.metadata.contains("crc32")) << "bit " << bit;  // it was in the checksum's own name
            for (const auto& [name, tensor] : example) EXPECT_TRUE(identical(file.tensors.at(name), tensor));
        } catch (const DataError&) {
        }
    }
}

TEST_F(Safetensors, OfOtherTypesBecomeOurs) {
    const auto read = [&](const std::string& type, const std::string& elements, int count) {
        const std::string header =
            fmt::format(R"({{"x":{{"dtype":"{}","shape":[{}],"data_offsets":[0,{}]}}}})", type, count, elements.size());
        const std::vector<std::uint64_t> length = {header.size()};
        write_bytes(path, bytes(length) + header + elements);
        return read_safetensors(path).tensors.at("x");
    };
    // 1, −2, the smallest and the largest number of 16 bits: 2⁻²⁴ and 65504.
    EXPECT_EQ(read("F16", bytes<std::uint16_t>({0x3C00, 0xC000, 0x0001, 0x7BFF}), 4).to_vector(),
              (std::vector<double>{1, -2, 0x1p-24, 65504}));
    EXPECT_EQ(read("BF16", bytes<std::uint16_t>({0x3F80, 0xC000, 0x4049}), 3).to_vector(),
              (std::vector<double>{1, -2, 3.140625}));
    EXPECT_EQ(read("I64", bytes<std::int64_t>({-5, 1LL << 53}), 2).to_vector(), (std::vector<double>{-5, 0x1p53}));
    EXPECT_EQ(read("I32", bytes<std::int32_t>({-5, 2147483647}), 2).to_vector(), (std::vector<double>{-5, 2147483647}));
    EXPECT_EQ(read("I16", bytes<std::int16_t>({-5, 300}), 2).to_vector(), (std::vector<double>{-5, 300}));
    EXPECT_EQ(read("I8", bytes<std::int8_t>({-5, 100}), 2).to_vector(), (std::vector<double>{-5, 100}));
    EXPECT_EQ(read("U8", bytes<std::uint8_t>({5, 200}), 2).to_vector(), (std::vector<double>{5, 200}));
    EXPECT_EQ(read("BOOL", bytes<std::uint8_t>({0, 1}), 2).to_vector(), (std::vector<double>{0, 1}));
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
    EXPECT_EQ(entry("C64", "[11]", "[0,44]"),
              "x: the element type must be one of BF16, BOOL, F16, F32, F64, I16, I32, I64, I8, U8; got C64");
    EXPECT_EQ(entry("F32", "[11]", "[0,48]"), "x: the elements must lie in the file; got bytes 0 to 48 of 44");
    EXPECT_EQ(entry("F32", "[11]", "[44,0]"), "x: the elements must lie in the file; got bytes 44 to 0 of 44");
    EXPECT_EQ(entry("F32", "[10]", "[0,44]"), "x: shape [10] takes 40 bytes; got 44");
    EXPECT_EQ(entry("F32", "[-11]", "[0,44]"), "x: the shape does not fit the file; got [-11]");
    EXPECT_EQ(entry("F32", "[4611686018427387904,4]", "[0,44]"),
              "x: the shape does not fit the file; got [4611686018427387904, 4]");
    EXPECT_EQ(entry("F32", "[10]", "[4,44]"),
              "the tensors must fill the file without gap or overlap; got 1 tensors in 44 bytes");
    const std::string unlike = "the header is not what safetensors describes; got ";
    for (const char* wrong : {"[3]", "{", "{\"x\":3}", "{\"x\":{}}", "nothing", "{\"x\":{\"dtype\":5}}"}) {
        write_header(wrong);
        EXPECT_TRUE(damage().starts_with(unlike)) << wrong;
    }
    const std::string all = R"({"dtype":"F32","shape":[11],"data_offsets":[0,44]})";
    write_header(R"({"x":)" + all + R"(,"y":)" + all + "}");
    EXPECT_EQ(damage(), "the tensors must fill the file without gap or overlap; got 2 tensors in 44 bytes");
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
    EXPECT_EQ(read_file(path), before);
}

}  // namespace
}  // namespace adjoint
