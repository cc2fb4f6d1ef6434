#include "tests/support/onnx_text.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <fmt/ranges.h>
#include <map>
#include <stdexcept>

namespace adjoint {
namespace {

// The fields of a message by number: whole numbers and floats in `numbers`, all else in `bytes`.
struct Message {
    std::map<int, std::vector<std::uint64_t>> numbers;
    std::map<int, std::vector<std::string>> bytes;

    explicit Message(const std::string& text) {
        for (std::size_t at = 0; at < text.size();) {
            const std::uint64_t key = varint_in(text, at);
            const int number = static_cast<int>(key >> 3);
            if ((key & 7) == varint) {
                numbers[number].push_back(varint_in(text, at));
            } else if ((key & 7) == fixed32) {
                std::uint32_t bits = 0;
                std::memcpy(&bits, text.substr(at, 4).data(), 4);
                numbers[number].push_back(bits);
                at += 4;
            } else if ((key & 7) == length_delimited) {
                const std::uint64_t size = varint_in(text, at);
                bytes[number].push_back(text.substr(at, size));
                at += size;
            } else {
                throw std::runtime_error("a field of another type");
            }
        }
    }

  private:
    static constexpr int varint = 0, length_delimited = 2,
                         fixed32 = 5;  // https://protobuf.dev/programming-guides/encoding/

    static std::uint64_t varint_in(const std::string& text, std::size_t& at) {
        std::uint64_t number = 0;
        for (int shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(text.at(at++));
            number |= static_cast<std::uint64_t>(byte & 127) << shift;
            if (byte < 128) return number;
        }
    }
};

// The fields' numbers, as onnx.proto has them; not those that the writer names, or its mistakes would be made here too.
namespace field {
constexpr int model_graph = 7, graph_node = 1, graph_initializer = 5;
constexpr int node_input = 1, node_output = 2, node_op_type = 4, node_attribute = 5;
constexpr int attribute_name = 1, attribute_f = 2, attribute_i = 3, attribute_ints = 8, attribute_type = 20;
constexpr int tensor_dims = 1, tensor_data_type = 2, tensor_name = 8, tensor_raw_data = 9;
}  // namespace field

float float_of(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

std::vector<std::int64_t> whole(const std::vector<std::uint64_t>& numbers) { return {numbers.begin(), numbers.end()}; }

std::string text_of_attribute(Message attribute) {
    const std::string& name = attribute.bytes.at(field::attribute_name).at(0);
    constexpr std::uint64_t of_float = 1, of_int = 2, of_ints = 7;
    switch (attribute.numbers.at(field::attribute_type).at(0)) {
        case of_float:
            return fmt::format("{}={}", name, float_of(attribute.numbers.at(field::attribute_f).at(0)));
        case of_int:
            return fmt::format("{}={}", name, whole(attribute.numbers.at(field::attribute_i)).at(0));
        case of_ints:
            return fmt::format("{}={}", name, whole(attribute.numbers[field::attribute_ints]));
        default:
            throw std::runtime_error("an attribute of another type");
    }
}

std::string text_of_initializer(Message tensor) {
    constexpr std::uint64_t int64 = 7;
    const std::string &name = tensor.bytes.at(field::tensor_name).at(0),
                      &raw = tensor.bytes.at(field::tensor_raw_data).at(0);
    if (tensor.numbers.at(field::tensor_data_type).at(0) == int64) {
        std::vector<std::int64_t> numbers(raw.size() / sizeof(std::int64_t));
        std::memcpy(numbers.data(), raw.data(), raw.size());
        return fmt::format("{}", numbers);
    }
    if (!tensor.numbers[field::tensor_dims].empty()) return name;
    float number = 0;
    std::memcpy(&number, raw.data(), raw.size());
    return fmt::format("{}", number);
}

}  // namespace

std::vector<std::string> onnx_nodes(const std::string& file) {
    Message graph(Message(file).bytes.at(field::model_graph).at(0));
    std::map<std::string, std::string> constants;
    for (const std::string& each : graph.bytes[field::graph_initializer]) {
        const Message tensor(each);
        constants[tensor.bytes.at(field::tensor_name).at(0)] = text_of_initializer(tensor);
    }
    std::vector<std::string> lines;
    for (const std::string& each : graph.bytes[field::graph_node]) {
        Message node(each);
        for (std::string& input : node.bytes[field::node_input]) {
            if (constants.contains(input)) input = constants[input];
        }
        std::string line =
            fmt::format("{} = {}({})", fmt::join(node.bytes[field::node_output], ", "),
                        node.bytes.at(field::node_op_type).at(0), fmt::join(node.bytes[field::node_input], ", "));
        for (const std::string& attribute : node.bytes[field::node_attribute])
            line += " " + text_of_attribute(Message(attribute));
        lines.push_back(line);
    }
    return lines;
}

}  // namespace adjoint
