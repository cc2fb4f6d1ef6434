// .npz files, NumPy's archives of named arrays: zip archives of .npy files.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "train/io/stored_tensor.h"

namespace adjoint {

/// The arrays that numpy.savez or numpy.savez_compressed wrote, by name, of which only the headers are read yet. What
/// else is in the archive is passed over: folders, files of other kinds, hidden ones.
/// Throws MissingInput when the file cannot be read, and DataError, with the entry, when it is not such an archive:
/// `w.npz: a.npy: byte 0: expected a .npy file's first bytes …`.
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.savez.html
StoredTensors open_npz(const std::filesystem::path& path);

/// Those that a tensor can hold, each as read_npy has it; texts, objects and complex numbers are passed over.
std::map<std::string, Tensor> read_npz(const std::filesystem::path& path);

/// Writes the tensors, at least one, uncompressed as numpy.savez does, atomically: the same tensors give the same
/// bytes.
/// Throws CannotWrite.
void write_npz(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors);

/// The same of .npy files in memory.
void pack_npz(const std::filesystem::path& path, const std::map<std::string, std::string>& files);

}  // namespace adjoint
