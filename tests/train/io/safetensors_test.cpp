// Truths about weights in files: they come back bit for bit, the file is what the format describes, and no damage to it
// changes a model in silence.
#include "train/io/safetensors.h"

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/weights_file.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

/// A matrix, a vector of the other type, a number and nothing.
States example(double first = 1.5) {
    return {{"layer.weight", State(Tensor({2, 3}, {first, -0.0, NAN, 1e-45, -INFINITY, 0.1}))},
            {"layer.bias", State(doubles({2}, {first, 1e300}))},
            {"steps", State(Tensor({}, {7}))},
            {"none", State(Tensor::zeros({0, 4}))}};
}

bool same(const States& a, const States& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const NamedState& p, const NamedState& q) {
        return identical(p.state.value(), q.state.value());
    });
}

class Safetensors : public testing::Test {
  protected:
    Safetensors() { write_safetensors(path, tensors_of(states), {{"model", "example"}}); }

    std::string content() const {
        std::ifstream stream(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    static std::uint64_t header_length(const std::string& content) {
        std::uint64_t length = 0;
        std::memcpy(&length, content.data(), sizeof length);
        return length;
    }
    /// The file with this header, padded as it should be, and the same elements.
    void write_header(const std::string& header) const {
        const std::string old = content();
        std::string text = header;
        text.resize((text.size() + 7) / 8 * 8, ' ');
        const std::vector<std::uint64_t> length = {text.size()};
        write_bytes(path, bytes(length) + text + old.substr(8 + header_length(old)));
    }
    /// The message with which loading refuses as DataError, without the file's name, which must begin it.
    std::string damage(const States& into) const {
        const std::vector<Variable> before = into;
        try {
            load_weights(path, into);
        } catch (const DataError& error) {
            const std::string message = error.what(), file = path.string() + ": ";
            EXPECT_EQ(message.substr(0, file.size()), file);
            EXPECT_EQ(message.find('\n'), std::string::npos) << message;
            for (std::size_t i = 0; i < into.size(); ++i) EXPECT_EQ(into[i].state.variable().id(), before[i].id());
            return message.substr(std::min(message.size(), file.size()));
        }
        return "no error";
    }

    TemporaryDirectory directory;
    const fs::path path = directory / "weights.safetensors";
    const States states = example();
};

// The checksum of zip and PNG, bit by bit.   Source: ISO 3309.
std::uint32_t literal_crc32(const std::string& content) {
    std::uint32_t crc = ~0u;
    for (const char c : content) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

TEST_F(Safetensors, HaveTheChecksumOfTheirMetadataAndTensorsInTheOrderOfTheirNames) {
    write_safetensors(path, {{"b", Tensor({1, 2}, {1.5, -2})}, {"a", Tensor({}, {3}, DType::float64)}}, {{"k", "v"}});
    const std::string content =
        "k\nv\na\nF64 []\n" + bytes<double>({3}) + "b\nF32 [1, 2]\n" + bytes<float>({1.5f, -2.0f});
    EXPECT_EQ(read_safetensors(path).metadata.at("crc32"), fmt::format("{:08x}", literal_crc32(content)));
}

TEST_F(Safetensors, AreRefusedWhereAnyBitIsNotAsItWasWritten) {
    const std::string whole = content();
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        std::string altered = whole;
        altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
        write_bytes(path, altered);
        try {
            const SafetensorsFile file = read_safetensors(path);
            EXPECT_FALSE(file.metadata.contains("crc32")) << "bit " << bit;  // it was in the checksum's own name
            for (const auto& [name, state] : states) EXPECT_TRUE(identical(file.tensors.at(name), state.value()));
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
    ASSERT_EQ(tensors.size(), states.size());
    for (const auto& [name, state] : states) EXPECT_TRUE(identical(tensors.at(name), state.value())) << name;
    const States other = example(-3);
    load_weights(path, other);
    EXPECT_TRUE(same(other, states));
}

TEST_F(Safetensors, KeepTheElementTypeOfTheModelTheyAreLoadedInto) {
    States other = example(-3);
    other[1].state = State(Tensor({2}, {0, 0}));
    load_weights(path, other);
    EXPECT_EQ(other[1].state.value().dtype(), DType::float32);
    EXPECT_EQ(other[1].state.value()[0], 1.5);
}

TEST_F(Safetensors, MayComeInAnyOrder) {
    States reversed = example(-3);
    std::reverse(reversed.begin(), reversed.end());
    load_weights(path, reversed);
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_TRUE(same(reversed, states));
}

TEST_F(Safetensors, AreWrittenAsTheFormatDescribes) {
    const std::string file = content();
    const std::uint64_t length = header_length(file);
    EXPECT_EQ(length % 8, 0u);
    const auto header = nlohmann::ordered_json::parse(file.substr(8, length));
    EXPECT_EQ(header.at("__metadata__").at("model"), "example");
    const std::string elements = file.substr(8 + length);
    std::size_t end = 0, entries = 0;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") continue;
        const State& state = states[entries++].state;
        const bool single = state.value().dtype() == DType::float32;
        EXPECT_EQ(entry.at("dtype"), single ? "F32" : "F64") << name;
        EXPECT_EQ(entry.at("shape").get<Shape>(), state.shape()) << name;
        EXPECT_EQ(entry.at("data_offsets").at(0), end) << name;
        end += static_cast<std::size_t>(state.value().size()) * (single ? 4 : 8);
        EXPECT_EQ(entry.at("data_offsets").at(1), end) << name;
    }
    EXPECT_EQ(entries, states.size());
    EXPECT_EQ(elements.size(), end);
    EXPECT_EQ(elements.substr(24, 16), bytes<double>({1.5, 1e300}));
}

// ---- damage ---------------------------------------------------------------------------------------------------------

TEST_F(Safetensors, RefuseEveryTruncationAndEveryAddition) {
    const std::string whole = content();
    const States other = example(-3);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_bytes(path, whole.substr(0, length));
        EXPECT_NE(damage(other), "no error") << length << " bytes of " << whole.size();
    }
    write_bytes(path, whole + '\0');
    EXPECT_EQ(damage(other), "the tensors must fill the file without gap or overlap; got 4 tensors in 45 bytes");
}

TEST_F(Safetensors, NeverChangeAValueWhenABitOfTheHeaderFlips) {
    const std::string whole = content();
    const std::size_t bits = 8 * (8 + header_length(whole));
    std::size_t flips = 0, refused = 0;
    // Every bit of the length, then one or two of every byte, in turn.
    for (std::size_t bit = 0; bit < bits; bit += bit < 64 ? 1 : 5, ++flips) {
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        write_bytes(path, flipped);
        const States other = example(-3);
        if (damage(other) != "no error")
            ++refused;
        else
            EXPECT_TRUE(same(other, states)) << "bit " << bit % 8 << " of byte " << bit / 8;
    }
    EXPECT_GT(refused, flips * 8 / 10);  // the rest are in metadata and padding
}

TEST_F(Safetensors, RefuseWhatTheModelDoesNotHaveOrLacks) {
    States more = example(-3), fewer = example(-3), renamed = example(-3), reshaped = example(-3);
    more.push_back({"other", State(Tensor())});
    fewer.pop_back();
    renamed[1].name = "layer.shift";
    reshaped[3].state = State(Tensor::zeros({4, 0}));
    EXPECT_EQ(damage(more), "does not fit the model; missing other []");
    EXPECT_EQ(damage(fewer), "does not fit the model; unknown none [0, 4]");
    EXPECT_EQ(damage(renamed), "does not fit the model; missing layer.shift [2]; unknown layer.bias [2]");
    EXPECT_EQ(damage(reshaped), "does not fit the model; none has shape [0, 4], needs [4, 0]");
}

TEST_F(Safetensors, RefuseHeadersThatDoNotDescribeTheFile) {
    const States one = {{"x", State(Tensor::zeros({11}))}};
    const auto entry = [&](const std::string& type, const std::string& shape, const std::string& offsets) {
        write_header(fmt::format(R"({{"x":{{"dtype":"{}","shape":{},"data_offsets":{}}}}})", type, shape, offsets));
        return damage(one);
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
        const std::string message = damage(one);
        EXPECT_TRUE(message.starts_with(unlike) || message.starts_with("has no x")) << wrong << ": " << message;
    }
}

TEST_F(Safetensors, RefuseTensorsThatOverlap) {
    const std::string entry = R"({"dtype":"F32","shape":[11],"data_offsets":[0,44]})";
    write_header(R"({"x":)" + entry + R"(,"y":)" + entry + "}");
    EXPECT_EQ(damage({{"x", State(Tensor::zeros({11}))}, {"y", State(Tensor::zeros({11}))}}),
              "the tensors must fill the file without gap or overlap; got 2 tensors in 44 bytes");
}

TEST_F(Safetensors, AreMissingWhereThereIsNoFile) {
    EXPECT_THROW(read_safetensors(directory / "other"), MissingInput);
    EXPECT_EQ(error_of([&] { read_safetensors(directory / "other"); }),
              (directory / "other").string() + ": cannot be read; got No such file or directory");
    EXPECT_THROW(read_safetensors(directory.path()), MissingInput);
}

// ---- writing --------------------------------------------------------------------------------------------------------

TEST_F(Safetensors, LeaveNothingBehindWhereTheyCannotBeWritten) {
    const std::string before = content();
    fs::create_directory(directory / "taken");
    for (const fs::path& wrong : {path / "below-a-file", directory / "taken", directory / "no/such/place"}) {
        EXPECT_THROW(write_safetensors(wrong, tensors_of(states)), CannotWrite) << wrong;
        EXPECT_TRUE(error_of([&] { write_safetensors(wrong, tensors_of(states)); }).starts_with(wrong.string() + ": "));
    }
    EXPECT_EQ(content(), before);
    EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 2);
    EXPECT_TRUE(fs::is_empty(directory / "taken"));
}

TEST_F(Safetensors, ReplaceAnOlderFileWhole) {
    write_safetensors(path, {{"x", Tensor({1}, {5})}});
    EXPECT_EQ(read_safetensors(path).tensors.size(), 1u);
    EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 1);
}

}  // namespace
}  // namespace adjoint
