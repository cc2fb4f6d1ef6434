#include "train/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <zlib.h>

#include "datasets/read_file.h"
#include "train/io/atomic_file.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t largest_header = 100'000'000;  // as the format's own reader has it

const std::string metadata_key = "__metadata__", checksum_key = "crc32";

const char* type_code(DType dtype) { return dtype == DType::float32 ? "F32" : "F64"; }

// Of the metadata and of all tensors' names, types, shapes and elements, in the order of their names: whatever way a
// tool writes them down, the same content has the same checksum.
std::string checksum_of(const std::map<std::string, Tensor>& tensors,
                        const std::map<std::string, std::string>& metadata) {
    uLong crc = ::crc32_z(0, nullptr, 0);
    const auto add = [&crc](std::string_view bytes) {
        crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    };
    for (const auto& [key, value] : metadata) {
        if (key != checksum_key) add(fmt::format("{}\n{}\n", key, value));
    }
    for (const auto& [name, tensor] : tensors) {
        add(fmt::format("{}\n{} {}\n", name, type_code(tensor.dtype()), tensor.shape()));
        add(bytes_of(tensor));
    }
    return fmt::format("{:08x}", crc);
}

// Where the bytes of a tensor lie among the elements.
using Range = std::array<std::uint64_t, 2>;

// The ranges follow one another without gap or overlap up to the end, as the format demands.
bool fill(std::vector<Range> ranges, std::uint64_t size) {
    ranges.insert(ranges.end(), {{0, 0}, {size, size}});
    std::ranges::sort(ranges);
    return std::ranges::adjacent_find(ranges, [](Range a, Range b) { return a[1] != b[0]; }) == ranges.end();
}

// The upper half of a float32.
struct BFloat16 {
    explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
    std::uint16_t bits;
};

template <class Stored, Scalar T>
Tensor converted(const Shape& shape, const char* elements) {
    return Tensor::build<T>(shape, [&](std::span<T> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            Stored element;
            std::memcpy(&element, elements + i * sizeof element, sizeof element);
            out[i] = static_cast<T>(element);
        }
    });
}

// A type of the format, and how its elements become those of a tensor: unchanged but for whole numbers beyond 2⁵³.
struct ElementType {
    std::uint64_t bytes;
    Tensor (*tensor)(const Shape& shape, const char* elements);
};
const std::map<std::string, ElementType> element_types = {
    {"F32", {4, converted<float, float>}},         {"F64", {8, converted<double, double>}},
    {"F16", {2, converted<Float16, float>}},       {"BF16", {2, converted<BFloat16, float>}},
    {"I64", {8, converted<std::int64_t, double>}}, {"I32", {4, converted<std::int32_t, double>}},
    {"I16", {2, converted<std::int16_t, float>}},  {"I8", {1, converted<std::int8_t, float>}},
    {"U8", {1, converted<std::uint8_t, float>}},   {"BOOL", {1, converted<std::uint8_t, float>}}};

// The tensor that an entry of the header describes.
Tensor tensor_of(const std::string& where, const Json& entry, std::span<const char> elements) {
    const std::string name = entry.at("dtype");
    const auto type = element_types.find(name);
    std::vector<std::string> names;
    for (const auto& each : element_types) names.push_back(each.first);
    require<DataError>(type != element_types.end(), "{}: the element type must be one of {}; got {}", where,
                       fmt::join(names, ", "), name);
    const Shape shape = entry.at("shape").get<Shape>();
    const auto offsets = entry.at("data_offsets").get<Range>();
    require<DataError>(offsets[0] <= offsets[1] && offsets[1] <= elements.size(),
                       "{}: the elements must lie in the file; got bytes {} to {} of {}", where, offsets[0], offsets[1],
                       elements.size());
    std::uint64_t expected = type->second.bytes;
    for (const Index extent : shape) {
        require<DataError>(
            extent >= 0 && (extent == 0 || expected <= elements.size() / static_cast<std::uint64_t>(extent)),
            "{}: the shape does not fit the file; got {}", where, shape);
        expected *= static_cast<std::uint64_t>(extent);
    }
    require<DataError>(offsets[1] - offsets[0] == expected, "{}: shape {} takes {} bytes; got {}", where, shape,
                       expected, offsets[1] - offsets[0]);
    return type->second.tensor(shape, elements.data() + offsets[0]);
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       std::map<std::string, std::string> metadata) {
    std::map<std::string, Tensor> by_name;
    for (const auto& [name, tensor] : tensors) {
        require(name != metadata_key && by_name.emplace(name, tensor).second,
                "write_safetensors: names must differ, and none be {}; got {}", metadata_key, name);
    }
    metadata[checksum_key] = checksum_of(by_name, metadata);
    Json header = {{metadata_key, metadata}};
    std::uint64_t end = 0;
    for (const auto& [name, tensor] : tensors) {
        const std::uint64_t begin = end;
        end += bytes_of(tensor).size();
        header[name] = {
            {"dtype", type_code(tensor.dtype())}, {"shape", tensor.shape()}, {"data_offsets", {begin, end}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the elements are aligned
    const std::uint64_t length = text.size();
    std::string content(reinterpret_cast<const char*>(&length), sizeof length);
    content.reserve(sizeof length + length + end);
    content.append(text);
    for (const auto& [name, tensor] : tensors) content.append(bytes_of(tensor));
    write_atomically(path, content);
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
    const std::string content = read_file(path);
    const std::string file = path.string();
    std::uint64_t length = 0;
    require<DataError>(content.size() >= sizeof length, "{}: must begin with 8 bytes of header length; got {} bytes",
                       file, content.size());
    std::memcpy(&length, content.data(), sizeof length);
    require<DataError>(length <= largest_header && length <= content.size() - sizeof length,
                       "{}: the header must lie in the file; got a length of {} in {} bytes", file, length,
                       content.size());
    const std::span<const char> elements = std::span(content).subspan(sizeof length + length);
    SafetensorsFile result;
    std::vector<Range> ranges;
    try {
        const char* const begin = content.data() + sizeof length;
        const Json header = Json::parse(begin, begin + length);
        for (const auto& [name, entry] : header.items()) {
            if (name == metadata_key) {
                result.metadata = entry.get<std::map<std::string, std::string>>();
                continue;
            }
            result.tensors[name] = tensor_of(file + ": " + name, entry, elements);
            ranges.push_back(entry.at("data_offsets").get<Range>());
        }
    } catch (const Json::exception& error) {
        throw DataError(fmt::format("{}: the header is not what safetensors describes; got {}", file, error.what()));
    }
    require<DataError>(fill(ranges, elements.size()),
                       "{}: the tensors must fill the file without gap or overlap; got {} tensors in {} bytes", file,
                       result.tensors.size(), elements.size());
    const auto expected = result.metadata.find(checksum_key);
    const std::string found = expected == result.metadata.end() ? "" : checksum_of(result.tensors, result.metadata);
    require<DataError>(found.empty() || found == expected->second, "{}: is damaged: its checksum must be {}; got {}",
                       file, found.empty() ? "" : expected->second, found);
    return result;
}

}  // namespace adjoint
