// Weights files: a model takes the weights in a file, whoever wrote it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "layers/module.h"

namespace adjoint {

/// The tensors, by name, of a .safetensors file, of a .npz file, or of a directory of .npy files, each named for what
/// it holds: decoder.up1.weight.npy. Throws MissingInput and DataError as those readers do, and DataError where it is
/// neither.
std::map<std::string, Tensor> read_weights(const std::filesystem::path& path);

/// Gives all states the values of read_weights(path), in the states' own element types. Names that begin with
/// `optimizer.` or `average.`, which a checkpoint has too, are passed over.
/// Throws DataError with all that differs, at most five of a kind, and then changes no state:
/// `w.npz: does not fit the model; missing a.weight [3, 3]; unknown b [3]; c.bias has shape [3], needs [1]`.
void load_weights(const std::filesystem::path& path, const States& states);

}  // namespace adjoint
