// Keras programs: a graph as a function that a person reads and that makes a model of Keras 3, and its weights.
#pragma once

#include "train/exchange/python_writer.h"

namespace adjoint {

/// A function build(weights) that makes a keras.Model of this graph, which has its images as adjoint has them, and with
/// them Keras, channels last. Throws where Keras has no operation for one.
PythonProgram keras_program(const Graph& graph, const std::string& name, const std::string& description);

}  // namespace adjoint
