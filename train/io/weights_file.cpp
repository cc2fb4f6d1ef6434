#include "train/io/weights_file.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <vector>

#include "train/io/npy.h"
#include "train/io/npz.h"
#include "train/io/safetensors.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_named = 5;

std::map<std::string, Tensor> read_directory(const fs::path& path) {
    std::error_code failure;
    std::map<std::string, Tensor> tensors;
    for (const fs::directory_entry& file : fs::directory_iterator(path, failure)) {
        if (file.path().extension() == ".npy") tensors[file.path().stem().string()] = read_npy(file.path());
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

// What keeps the tensors from being the states' values.
std::vector<std::string> differences(std::map<std::string, Tensor> tensors, const States& states) {
    std::vector<std::string> missing, unknown, misshapen;
    for (const auto& [name, state] : states) {
        const auto found = tensors.extract(name);
        if (!found) {
            missing.push_back(fmt::format("{} {}", name, state.shape()));
        } else if (const Shape& shape = found.mapped().shape(); shape != state.shape()) {
            misshapen.push_back(fmt::format("{} has shape {}, needs {}", name, shape, state.shape()));
        }
    }
    for (const auto& [name, tensor] : tensors) {
        const bool of_training = name.starts_with("optimizer.") || name.starts_with("average.");
        if (!of_training) unknown.push_back(fmt::format("{} {}", name, tensor.shape()));
    }
    std::vector<std::string> facts;
    say(facts, "missing ", missing);
    say(facts, "unknown ", unknown);
    say(facts, "", misshapen);
    return facts;
}

}  // namespace

std::map<std::string, Tensor> read_weights(const fs::path& path) {
    std::error_code unknown;
    if (fs::is_directory(path, unknown)) return read_directory(path);
    if (path.extension() == ".safetensors") return read_safetensors(path).tensors;
    if (path.extension() == ".npz") return read_npz(path);
    require<MissingInput>(fs::exists(path, unknown), "{}: cannot be read; there is no such file", path.string());
    throw DataError(fmt::format("{}: must be a .safetensors or .npz file or a directory of .npy files; got {:?}",
                                path.string(), path.extension().string()));
}

void load_weights(const fs::path& path, const States& states) {
    const std::map<std::string, Tensor> tensors = read_weights(path);
    const std::vector<std::string> facts = differences(tensors, states);
    require<DataError>(facts.empty(), "{}: does not fit the model; {}", path.string(), fmt::join(facts, "; "));
    for (const auto& [name, state] : states) state.assign(tensors.at(name).cast(state.value().dtype()));
}

}  // namespace adjoint
