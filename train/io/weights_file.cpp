#include "train/io/weights_file.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <set>

#include "datasets/read_file.h"
#include "train/io/npy.h"
#include "train/io/npz.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_named = 50;

StoredTensors open_directory(const fs::path& path) {
    std::error_code failure;
    StoredTensors tensors;
    for (const fs::directory_entry& file : fs::directory_iterator(path, failure)) {
        const fs::path& npy = file.path();
        if (npy.extension() != ".npy" || npy.filename().string().starts_with('.')) continue;
        const ReadBeginning read = [npy](std::size_t most) { return InputFile(npy).read({.length = most}); };
        tensors.emplace(npy.stem(), stored_npy(npy.string(), read));
    }
    require<MissingInput>(!failure, "{}: cannot be read; {}", path.string(), failure.message());
    require<DataError>(!tensors.empty(), "{}: must be a directory of .npy files; it holds none", path.string());
    return tensors;
}

// The first few items, how many more there are, and a word before them; nothing where there are none.
void say(std::vector<std::string>& facts, const std::string& word, std::vector<std::string> items) {
    if (items.empty()) return;
    const std::size_t all = items.size();
    items.resize(std::min(all, most_named));
    facts.push_back(word + fmt::format("{}", fmt::join(items, ", ")));
    if (all > most_named) facts.back() += fmt::format(" and {} more", all - most_named);
}

std::string described(const std::string& name, const Shape& shape) { return fmt::format("{} {}", name, shape); }

LoadedWeights load(const WeightsFile& file, const States& states, const States& needed, bool fitting) {
    std::set<std::string> needed_names;
    for (const auto& [name, state] : needed) {
        if (!state.counter()) needed_names.insert(name);
    }
    LoadedWeights result;
    Differences differences;
    for (const NamedState& named : states) {
        const auto found = file.tensors.find(named.name);
        const auto misfit = file.misfits.find(named.name);
        if (misfit != file.misfits.end()) {
            differences.misshapen.push_back(misfit->second);
            continue;
        }
        const bool there = found != file.tensors.end();
        if (there) result.taken.push_back(named.name);
        if (!there && !named.state.counter()) result.left.push_back(named.name);
        if (!there && needed_names.contains(named.name))
            differences.missing.push_back(described(named.name, named.state.shape()));
        if (there && found->second.shape != named.state.shape()) {
            differences.misshapen.push_back(
                fmt::format("{} has shape {}, needs {}", named.name, found->second.shape, named.state.shape()));
        }
    }
    const std::set<std::string> taken(result.taken.begin(), result.taken.end());
    for (const auto& [name, tensor] : file.tensors) {
        if (tensor.foreign || is_of_training(name) || taken.contains(name)) continue;
        result.unused.push_back(name);
        differences.unknown.push_back(described(name, tensor.shape));
    }
    if (fitting && !taken.empty()) differences.missing = differences.unknown = {};
    differences.require_none(file.path);

    std::map<std::string, Tensor> values;  // all of them before any state changes
    for (const std::string& name : result.taken) values[name] = file.tensors.at(name).tensor();
    for (const auto& [name, state] : states) {
        if (taken.contains(name)) state.assign(values.at(name).cast(state.value().dtype()));
    }
    result.origin = file.origin();
    return result;
}

}  // namespace

void Differences::require_none(const fs::path& path) const {
    std::vector<std::string> facts;
    say(facts, "missing ", missing);
    say(facts, "unknown ", unknown);
    say(facts, "", misshapen);
    require<DataError>(facts.empty(), "{}: does not fit the model; {}{}", path.string(), reading,
                       fmt::join(facts, "; "));
}

WeightsFile open_weights(const fs::path& path) {
    std::error_code unknown;
    const auto no_checksum = [] { return Origin::unknown; };
    if (fs::is_directory(path, unknown)) return {path, open_directory(path), {}, no_checksum};
    if (path.extension() == ".npz") return {path, open_npz(path), {}, no_checksum};
    if (path.extension() == ".safetensors") {
        StoredSafetensors file = open_safetensors(path);
        return {path, std::move(file.tensors), std::move(file.metadata), std::move(file.origin)};
    }
    require<MissingInput>(fs::exists(path, unknown), "{}: cannot be read; there is no such file", path.string());
    throw DataError(fmt::format("{}: must be a .safetensors or .npz file or a directory of .npy files; got {:?}",
                                path.string(), path.extension().string()));
}

LoadedWeights load_weights(const fs::path& path, const States& states) {
    return load(open_weights(path), states, states, /*fitting=*/false);
}

LoadedWeights load_weights(const WeightsFile& file, const States& states, const States& needed) {
    return load(file, states, needed, /*fitting=*/false);
}

LoadedWeights load_fitting_weights(const WeightsFile& file, const States& states) {
    return load(file, states, states, /*fitting=*/true);
}

bool is_of_training(const std::string& name) { return name.starts_with("optimizer.") || name.starts_with("average."); }

void require_finite(const fs::path& path, const States& states) {
    for (const auto& [name, state] : states) {
        const std::vector<double> values = state.value().to_vector();
        const auto wrong = std::ranges::find_if_not(values, [](double v) { return std::isfinite(v); });
        require<DataError>(wrong == values.end(), "{}: weights must be finite; got {} at element {} of {}",
                           path.string(), wrong == values.end() ? 0.0 : *wrong, wrong - values.begin(), name);
    }
}

}  // namespace adjoint
