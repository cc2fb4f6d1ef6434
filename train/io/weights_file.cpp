#include "train/io/weights_file.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <set>

#include "datasets/read_file.h"
#include "train/io/npy.h"
#include "train/io/npz.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_named = 5;

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

// What keeps tensors in a file from being the states' values.
class Differences {
  public:
    void add_missing(const NamedState& named) { missing_.push_back(described(named.name, named.state.shape())); }
    void add_unknown(const std::string& name, const Shape& shape) { unknown_.push_back(described(name, shape)); }
    void add_misshapen(const NamedState& named, const Shape& shape) {
        misshapen_.push_back(fmt::format("{} has shape {}, needs {}", named.name, shape, named.state.shape()));
    }
    // Throws unless there are none; those that are tolerable may be there.
    void require_none(const fs::path& path, bool tolerable) const {
        std::vector<std::string> facts;
        if (!tolerable) say(facts, "missing ", missing_);
        if (!tolerable) say(facts, "unknown ", unknown_);
        say(facts, "", misshapen_);
        require<DataError>(facts.empty(), "{}: does not fit the model; {}", path.string(), fmt::join(facts, "; "));
    }

  private:
    static std::string described(const std::string& name, const Shape& shape) {
        return fmt::format("{} {}", name, shape);
    }
    std::vector<std::string> missing_, unknown_, misshapen_;
};

LoadedWeights load(const fs::path& path, const States& states, const States& needed, bool fitting) {
    std::set<std::string> needed_names;
    for (const auto& [name, state] : needed) {
        if (!state.counter()) needed_names.insert(name);
    }
    WeightsFile file = open_weights(path);
    std::erase_if(file.tensors, [](const auto& named) {
        return named.first.starts_with("optimizer.") || named.first.starts_with("average.");
    });
    LoadedWeights result;
    Differences differences;
    for (const NamedState& named : states) {
        const auto found = file.tensors.find(named.name);
        const bool there = found != file.tensors.end();
        if (there) result.taken.push_back(named.name);
        if (!there && !named.state.counter()) result.left.push_back(named.name);
        if (!there && needed_names.contains(named.name)) differences.add_missing(named);
        if (there && found->second.shape != named.state.shape()) differences.add_misshapen(named, found->second.shape);
    }
    const std::set<std::string> taken(result.taken.begin(), result.taken.end());
    for (const auto& [name, tensor] : file.tensors) {
        if (tensor.foreign || taken.contains(name)) continue;
        result.unused.push_back(name);
        differences.add_unknown(name, tensor.shape);
    }
    differences.require_none(path, fitting && !taken.empty());

    std::map<std::string, Tensor> values;  // all of them before any state changes
    for (const std::string& name : result.taken) values[name] = file.tensors.at(name).tensor();
    for (const auto& [name, state] : states) {
        if (taken.contains(name)) state.assign(values.at(name).cast(state.value().dtype()));
    }
    result.origin = file.origin();
    return result;
}

}  // namespace

WeightsFile open_weights(const fs::path& path) {
    std::error_code unknown;
    const auto no_checksum = [] { return Origin::unknown; };
    if (fs::is_directory(path, unknown)) return {open_directory(path), no_checksum};
    if (path.extension() == ".npz") return {open_npz(path), no_checksum};
    if (path.extension() == ".safetensors") {
        StoredSafetensors file = open_safetensors(path);
        return {std::move(file.tensors), std::move(file.origin)};
    }
    require<MissingInput>(fs::exists(path, unknown), "{}: cannot be read; there is no such file", path.string());
    throw DataError(fmt::format("{}: must be a .safetensors or .npz file or a directory of .npy files; got {:?}",
                                path.string(), path.extension().string()));
}

LoadedWeights load_weights(const fs::path& path, const States& states) { return load_weights(path, states, states); }

LoadedWeights load_weights(const fs::path& path, const States& states, const States& needed) {
    return load(path, states, needed, /*fitting=*/false);
}

LoadedWeights load_fitting_weights(const fs::path& path, const States& states) {
    return load(path, states, states, /*fitting=*/true);
}

}  // namespace adjoint
