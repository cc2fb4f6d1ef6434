// Weights files: a model takes the weights in a file, whoever wrote it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "layers/module.h"
#include "train/io/safetensors.h"

namespace adjoint {

/// Under this key a file's metadata say whose names and layouts it has: adjoint, pytorch.
inline const std::string convention_key = "adjoint.convention";

/// A .safetensors file, a .npz file, or a directory of .npy files, each named for what it holds:
/// decoder.up1.weight.npy. Only the headers are read yet.
struct WeightsFile {
    std::filesystem::path path;
    StoredTensors tensors;
    std::map<std::string, std::string> metadata;
    std::function<Origin()> origin;
    /// What the tensors were called in the file where they have been given other names.
    std::map<std::string, std::string> called = {};
    /// Why those that are to be such a state's value cannot be: `0.weight has shape [3, 3], needs [3, 1]`.
    std::map<std::string, std::string> misfits = {};
};

/// Throws MissingInput and DataError as the readers of these files do, and DataError where it is neither.
WeightsFile open_weights(const std::filesystem::path& path);

/// What keeps the tensors in a file from being a model's: `a.weight [3, 3]`, `c.bias has shape [3], needs [1]`.
struct Differences {
    std::string reading = {};  ///< how the file is understood
    std::vector<std::string> missing = {}, unknown = {}, misshapen = {};

    /// Throws DataError with all of them, at most 50 of a kind, if there are any: `w.npz: does not fit the model;
    /// missing a.weight [3, 3]; unknown b [3]; c.bias has shape [3], needs [1]`.
    void require_none(const std::filesystem::path& path) const;
};

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
/// Throws DataError with all differences, and then changes no state.
LoadedWeights load_weights(const std::filesystem::path& path, const States& states);

/// The same where the file need not have more than some of the states, which alone are to be used.
LoadedWeights load_weights(const WeightsFile& file, const States& states, const States& needed);

/// The same where any one tensor that is a state's will do.
LoadedWeights load_fitting_weights(const WeightsFile& file, const States& states);

/// Whether a tensor of this name is an optimiser's or an average's, as checkpoints have them: optimizer.m.a.weight.
bool is_of_training(const std::string& name);

/// Throws `w.npz: weights must be finite; got nan at element 3 of a.weight` where a state is not, which has been read
/// from there.
void require_finite(const std::filesystem::path& path, const States& states);

}  // namespace adjoint
