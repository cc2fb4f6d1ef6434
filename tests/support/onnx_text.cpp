#include "tests/support/onnx_text.h"

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
            const std::uint64_t key = varint(text, at);
            const int field = static_cast<int>(key >> 3);
            if ((key & 7) == 0) {
                numbers[field].push_back(varint(text, at));
            } else if ((key & 7) == 5) {
                std::uint32_t bits = 0;
                std::memcpy(&bits, text.substr(at, 4).data(), 4);
                numbers[field].push_back(bits);
                at += 4;
            } else if ((key & 7) == 2) {
                const std::uint64_t size = varint(text, at);
                bytes[field].push_back(text.substr(at, size));
                at += size;
            } else {
                throw std::runtime_error("a field of another type");
            }
        }
    }

  private:
    static std::uint64_t varint(const std::string& text, std::size_t& at) {
        std::uint64_t number = 0;
        for (int shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(text.at(at++));
            number |= static_cast<std::uint64_t>(byte & 127) << shift;
            if (byte < 128) return number;
        }
    }
};

float float_of(std::uint64_t bits) {
    const auto low = static_cast<std::uint32_t>(bits);
    float number = 0;
    std::memcpy(&number, &low, sizeof number);
    return number;
}

std::vector<std::int64_t> whole(const std::vector<std::uint64_t>& numbers) { return {numbers.begin(), numbers.end()}; }

std::string text_of_attribute(Message attribute) {
    const std::string& name = attribute.bytes.at(1).at(0);
    switch (attribute.numbers.at(20).at(0)) {
        case 1:
            return fmt::format("{}={}", name, float_of(attribute.numbers.at(2).at(0)));
        case 2:
            return fmt::format("{}={}", name, whole(attribute.numbers.at(3)).at(0));
        case 7:
            return fmt::format("{}={}", name, whole(attribute.numbers[8]));
        default:
            throw std::runtime_error("an attribute of another type");
    }
}

std::string text_of_initializer(Message tensor) {
    const std::string &name = tensor.bytes.at(8).at(0), &raw = tensor.bytes.at(9).at(0);
    if (tensor.numbers.at(2).at(0) == 7) {
        std::vector<std::int64_t> numbers(raw.size() / sizeof(std::int64_t));
        std::memcpy(numbers.data(), raw.data(), raw.size());
        return fmt::format("{}", numbers);
    }
    if (!tensor.numbers[1].empty()) return name;
    float number = 0;
    std::memcpy(&number, raw.data(), raw.size());
    return fmt::format("{}", number);
}

}  // namespace

std::vector<std::string> onnx_nodes(const std::string& file) {
    Message graph(Message(file).bytes.at(7).at(0));
    std::map<std::string, std::string> constants;
    for (const std::string& each : graph.bytes[5]) {
        const Message tensor(each);
        constants[tensor.bytes.at(8).at(0)] = text_of_initializer(tensor);
    }
    std::vector<std::string> lines;
    for (const std::string& each : graph.bytes[1]) {
        Message node(each);
        for (std::string& input : node.bytes[1]) {
            if (constants.contains(input)) input = constants[input];
        }
        std::string line = fmt::format("{} = {}({})", fmt::join(node.bytes[2], ", "), node.bytes.at(4).at(0),
                                       fmt::join(node.bytes[1], ", "));
        for (const std::string& attribute : node.bytes[5]) line += " " + text_of_attribute(Message(attribute));
        lines.push_back(line);
    }
    return lines;
}

}  // namespace adjoint
