// The messages of onnx.proto that a model of one graph needs.
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "layers/analysis/graph.h"
#include "train/io/protobuf.h"

namespace adjoint::onnx_messages {

using namespace protobuf;

// The numbers that onnx.proto gives to the fields of messages.

enum class Model { ir_version = 1, producer_name = 2, graph = 7, opset_import = 8, metadata_props = 14 };
enum class OperatorSet { version = 2 };
enum class StringEntry { key = 1, value = 2 };
enum class GraphField { node = 1, name = 2, initializer = 5, input = 11, output = 12 };
enum class Node { input = 1, output = 2, name = 3, op_type = 4, attribute = 5 };
enum class Attribute { name = 1, f = 2, i = 3, ints = 8, type = 20 };
enum class TensorField { dims = 1, data_type = 2, name = 8, raw_data = 9 };
enum class ValueInfo { name = 1, type = 2 };
enum class Type { tensor_type = 1 };
enum class TensorType { elem_type = 1, shape = 2 };
enum class TensorShape { dim = 1 };
enum class Dimension { dim_value = 1, dim_param = 2 };

enum AttributeType { float_type = 1, int_type = 2, ints_type = 7 };
enum ElementTypeNumber { float32_type = 1, int64_type = 7 };

constexpr std::int64_t ir_version = 8, operator_set = 17;

using AttributeValue = std::variant<float, Index, std::vector<Index>>;
using Attributes = std::vector<std::pair<const char*, AttributeValue>>;

inline std::string attribute(const char* name, const AttributeValue& value) {
    std::string message = bytes(Attribute::name, name);
    if (const auto* const number = std::get_if<float>(&value)) {
        message += real(Attribute::f, *number) + whole(Attribute::type, float_type);
    } else if (const auto* const whole_number = std::get_if<Index>(&value)) {
        message += whole(Attribute::i, *whole_number) + whole(Attribute::type, int_type);
    } else {
        for (const Index each : std::get<std::vector<Index>>(value)) message += whole(Attribute::ints, each);
        message += whole(Attribute::type, ints_type);
    }
    return message;
}

inline std::string tensor(const std::string& name, const Shape& shape, ElementTypeNumber type,
                          std::string_view elements) {
    std::string message;
    for (const Index extent : shape) message += whole(TensorField::dims, extent);
    return message + whole(TensorField::data_type, type) + bytes(TensorField::name, name) +
           bytes(TensorField::raw_data, elements);
}

inline std::string value_info(const std::string& name, const Shape& shape) {
    std::string dims;
    for (const Index extent : shape) {
        const std::string dim =
            extent == GraphValue::batch ? bytes(Dimension::dim_param, "N") : whole(Dimension::dim_value, extent);
        dims += bytes(TensorShape::dim, dim);
    }
    const std::string type = whole(TensorType::elem_type, float32_type) + bytes(TensorType::shape, dims);
    return bytes(ValueInfo::name, name) + bytes(ValueInfo::type, bytes(Type::tensor_type, type));
}

}  // namespace adjoint::onnx_messages
