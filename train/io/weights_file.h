// Weights files: a model takes the weights in a file, whoever wrote it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "layers/module.h"
#include "train/io/safetensors.h"

namespace adjoint {

/// A .safetensors file, a .npz file, or a directory of .npy files, each named for what it holds:
/// decoder.up1.weight.npy. Only the headers are read yet.
struct WeightsFile {
    StoredTensors tensors;
    std::function<Origin()> origin;
};

/// Throws MissingInput and DataError as the readers of these files do, and DataError where it is neither.
WeightsFile open_weights(const std::filesystem::path& path);

/// What became of the tensors in a file, by their names.
struct LoadedWeights {
    std::vector<std::string> taken;  ///< by states
    std::vector<std::string> left;   ///< states, but for counters, that are as they were: the file has nothing for them
    std::vector<std::string> unused;  ///< tensors that are no state's
    Origin origin;
};

/// Gives states the values in a file, in the states' own element types. A counter may be missing, as files of weights
/// have none. Names that begin with `optimizer.` or `average.`, which a checkpoint has too, are passed over, and so are
/// texts and other arrays that no model has.
/// Throws DataError with all that differs, at most five of a kind, and then changes no state:
/// `w.npz: does not fit the model; missing a.weight [3, 3]; unknown b [3]; c.bias has shape [3], needs [1]`.
LoadedWeights load_weights(const std::filesystem::path& path, const States& states);

/// The same where the file need not have more than some of the states, which alone are to be used.
LoadedWeights load_weights(const std::filesystem::path& path, const States& states, const States& needed);

/// The same where any one tensor that is a state's will do.
LoadedWeights load_fitting_weights(const std::filesystem::path& path, const States& states);

}  // namespace adjoint
