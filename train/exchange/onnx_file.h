// ONNX files: a graph in the messages of onnx.proto, for onnxruntime and all else that reads them.
// Source: https://github.com/onnx/onnx/blob/main/docs/IR.md and …/Operators.md, of operator set 17.
#pragma once

#include <map>
#include <string>

#include "layers/analysis/graph.h"

namespace adjoint {

/// The bytes of a file with this graph, which is channels_first; `metadata` are what the model says of itself. Input
/// and output are called "input" and "output", weights by their names.
/// Throws where ONNX has no operation for one: `export: ONNX cannot say cumsum, in decoder.up1`.
std::string onnx_file(const Graph& graph, const std::string& name, const std::map<std::string, std::string>& metadata);

}  // namespace adjoint
