// How are weights kept in a file? In the safetensors format, which other tools read.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "layers/module.h"

namespace adjoint {

/// Writes the states under their names, and the metadata, atomically: 8 bytes with the header's length (little-endian),
/// a JSON header of types, shapes and offsets, then the elements.   Throws CannotWrite. Source: the safetensors format,
/// https://huggingface.co/docs/safetensors.
void write_safetensors(const std::filesystem::path& path, const States& states,
                       const std::map<std::string, std::string>& metadata = {});

/// The tensors of a file, float32 and float64, by name.
/// Throws MissingInput when it is not there and DataError, naming the file, when it is not as the format says.
std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& path);

/// Gives all states the values of a file. Throws DataError when a name is missing, superfluous or of another shape;
/// then no state is changed.
void load_states(const std::filesystem::path& path, const States& states);

}  // namespace adjoint
