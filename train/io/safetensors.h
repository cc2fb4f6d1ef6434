// Safetensors files of weights, which other tools read.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "layers/module.h"

namespace adjoint {

/// Writes the tensors under their names, and the metadata, atomically: 8 bytes with the header's length
/// (little-endian), a JSON header of types, shapes and offsets, then the elements. The metadata gain `crc32`, a
/// checksum of all of them.
/// Throws CannotWrite, and where two tensors have one name.
/// Source: the safetensors format, https://huggingface.co/docs/safetensors.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       std::map<std::string, std::string> metadata = {});

struct SafetensorsFile {
    /// Of any type of at most 64 bits: the larger integers become float64, the other types that are not ours float32.
    std::map<std::string, Tensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// What a file holds. Throws MissingInput when it is not there and DataError, naming the file, when it is not as the
/// format says, or not as its checksum says, where it has one.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

}  // namespace adjoint
