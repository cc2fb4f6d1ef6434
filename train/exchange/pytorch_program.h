// PyTorch programs: a graph as a class that a person reads, and its weights under that class's names.
#pragma once

#include "train/exchange/python_writer.h"

namespace adjoint {

/// A class `name` of torch.nn.Module that computes this graph, which is channels_first: `description` is its comment.
/// Throws where PyTorch has no operation for one: `export: PyTorch cannot say cumsum, in decoder.up1`.
PythonProgram pytorch_program(const Graph& graph, const std::string& name, const std::string& description);

}  // namespace adjoint
