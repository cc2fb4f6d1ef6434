// What an ONNX file says, in text, read by the numbers that onnx.proto gives to its fields.
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
#pragma once

#include <string>
#include <vector>

namespace adjoint {

/// A line for each node, as `y = Conv(x, w) strides=[2, 2] group=1`. In place of the names of whole numbers, and of
/// single ones, stand these numbers.
std::vector<std::string> onnx_nodes(const std::string& file);

}  // namespace adjoint
