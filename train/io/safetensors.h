// Safetensors files of weights, which other tools read.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "layers/module.h"
#include "train/io/stored_tensor.h"

namespace adjoint {

/// Writes the tensors under their names, and the metadata, atomically: 8 bytes with the header's length
/// (little-endian), a JSON header of types, shapes and offsets, then the elements. The metadata gain `adjoint.crc32`, a
/// checksum of all of them.
/// Throws CannotWrite, and where two tensors have one name or a text is not UTF-8.
/// Source: the safetensors format, https://huggingface.co/docs/safetensors.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       std::map<std::string, std::string> metadata = {});

/// Whether a file is what adjoint wrote: unknown without a checksum, changed where another tool has written it since.
enum class Origin { unknown, unchanged, changed };

/// Whether these are the metadata of a file that write_safetensors made, and other tools may have changed.
bool has_checksum(const std::map<std::string, std::string>& metadata);

/// A file of which only the header is read yet. Each tensor is of the type that the file gives it.
struct StoredSafetensors {
    StoredTensors tensors;
    std::map<std::string, std::string> metadata;
    /// Reads all of the file. Throws DataError where it is damaged; so does whoever asks for values.
    std::function<Origin()> origin;
};

/// Throws MissingInput when a file is not there and DataError, naming the file, when it is not as the format says.
StoredSafetensors open_safetensors(const std::filesystem::path& path);

struct SafetensorsFile {
    std::map<std::string, Tensor> tensors;
    std::map<std::string, std::string> metadata;
    Origin origin;
};

/// All that a file holds. Throws as open_safetensors does, and DataError where a tensor is of a type that none of ours
/// can hold: `w.safetensors: x: must have elements of BF16, BOOL, F16, …; got F8_E4M3`.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

}  // namespace adjoint
