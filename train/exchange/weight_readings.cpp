#include "train/exchange/weight_readings.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <set>
#include <tuple>

namespace adjoint {
namespace {

std::string without_last(const std::string& name) { return name.substr(0, std::min(name.rfind('.'), name.size())); }
std::string last_of(const std::string& name) { return name.substr(name.rfind('.') + 1); }

std::string underscored(std::string name) {
    std::ranges::replace(name, '.', '_');
    return name;
}

bool begins_with_digit(const std::string& text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

// main, 3 of main.3, and conv, 1 of conv1.
std::vector<std::string> words_of(const std::string& name) {
    std::vector<std::string> words = {""};
    for (const char letter : name) {
        const bool digit = begins_with_digit({letter});
        if (letter == '.' || (!words.back().empty() && digit != begins_with_digit(words.back()))) words.emplace_back();
        if (letter != '.') words.back() += letter;
    }
    return words;
}

// What names are sorted by: those of a model's parts come in its order, all others in that of numbers and letters.
using NaturalKey = std::vector<std::tuple<std::ptrdiff_t, std::size_t, std::string>>;

NaturalKey natural_key(const std::string& name, const std::vector<std::string>& parts) {
    NaturalKey key;
    for (const std::string& word : words_of(name)) {
        const std::ptrdiff_t rank = std::ranges::find(parts, word) - parts.begin();
        key.emplace_back(rank, begins_with_digit(word) ? word.size() : 0, word);
    }
    return key;
}

struct Layer {
    std::string name, kind;
    std::map<std::string, std::string> tensors = {};  // weight, bias, …: their full names
};

// Layers of a kind: their tensors by the number of axes of the weight.
std::map<std::string, std::vector<Layer>> layers_of(const std::vector<std::pair<std::string, Shape>>& tensors) {
    std::vector<Layer> layers;
    std::map<std::string, std::size_t> numbers;
    for (const auto& [name, shape] : tensors) {
        const std::string layer = without_last(name), tensor = last_of(name);
        const auto [found, is_new] = numbers.emplace(layer, layers.size());
        if (is_new) layers.push_back({layer, ""});
        layers[found->second].tensors.emplace(tensor, name);
        if (tensor == "weight") layers[found->second].kind = fmt::format("{} axes", shape.size());
    }
    std::map<std::string, std::vector<Layer>> kinds;
    for (Layer& layer : layers) kinds[layer.kind].push_back(std::move(layer));
    return kinds;
}

void sort(std::vector<Layer>& layers, const std::vector<std::string>& parts) {
    std::map<NaturalKey, std::vector<Layer>> sorted;
    for (Layer& layer : layers) sorted[natural_key(layer.name, parts)].push_back(std::move(layer));
    layers.clear();
    for (auto& [key, same] : sorted) std::ranges::move(same, std::back_inserter(layers));
}

}  // namespace

Readings::Readings(const WeightsFile& file, const NumberedStates& states, const std::vector<std::string>& parts)
    : states_(states), parts_(parts) {
    for (const auto& [name, tensor] : file.tensors) {
        const bool counts = last_of(name) == "num_batches_tracked";
        if (!tensor.foreign && !counts && !is_of_training(name)) theirs_.emplace_back(name, tensor.shape);
    }
}

void Readings::by_names(const WeightConvention& convention) {
    std::map<std::string, const ForeignTensor*> known;
    std::set<std::string> twice;
    for (const PartWeights& part : convention.parts)
        for (const ForeignTensor& tensor : part.tensors) known.emplace(underscored(tensor.name), &tensor);
    for (const auto& [name, tensor] : std::map(known)) {
        for (const std::string& part : parts_) {
            if (!name.starts_with(part + "_")) continue;
            const auto [found, is_new] = known.emplace(name.substr(part.size() + 1), tensor);
            if (!is_new && found->second != tensor) twice.insert(found->first);
        }
    }
    Reading reading = {convention.name, "", /*by_order=*/false};
    for (const auto& [name, shape] : theirs_) {
        const auto found = known.find(underscored(name));
        if (found == known.end() || twice.contains(found->first)) {
            reading.unknown.push_back(name);
        } else {
            take(reading, name, shape, *found->second);
        }
    }
    if (reading.unknown.size() < theirs_.size()) all_.push_back(std::move(reading));
}

void Readings::by_order(const WeightConvention& convention, const PartWeights& part) {
    if (part.tensors.empty()) return;
    std::map<std::string, const ForeignTensor*> ours;
    std::map<std::string, Shape> shapes(theirs_.begin(), theirs_.end());
    std::vector<std::pair<std::string, Shape>> named;
    for (const ForeignTensor& tensor : part.tensors) {
        if (ours.emplace(tensor.name, &tensor).second) named.emplace_back(tensor.name, tensor.shape);
    }
    Reading reading = {convention.name, part.part, /*by_order=*/true};
    auto their_layers = layers_of(theirs_), our_layers = layers_of(named);
    std::set<std::string> matched;
    for (auto& [kind, layers] : their_layers) {
        sort(layers, parts_);
        const std::vector<Layer>& wanted = our_layers[kind];
        for (std::size_t i = 0; i < std::min(layers.size(), wanted.size()); ++i) {
            for (const auto& [tensor, name] : layers[i].tensors) {
                const auto found = wanted[i].tensors.find(tensor);
                if (found == wanted[i].tensors.end()) continue;
                take(reading, name, shapes[name], *ours[found->second]);
                matched.insert(name);
                ours.erase(found->second);
            }
        }
    }
    for (const auto& [name, shape] : theirs_)
        if (!matched.contains(name)) reading.unknown.push_back(name);
    for (const auto& [name, tensor] : ours)
        reading.missing.push_back(fmt::format("{} {}", states_.of(tensor->numbers.front()).name, tensor->shape));
    all_.push_back(std::move(reading));
}

std::vector<Reading> Readings::best() const {
    const auto rank = [](const Reading& reading) {
        return std::tuple(!reading.fits(), reading.alone(), reading.misfits.size(), reading.by_order);
    };
    std::vector<Reading> best;
    for (const Reading& reading : all_) {
        if (!best.empty() && rank(reading) > rank(best.front())) continue;
        if (!best.empty() && rank(reading) < rank(best.front())) best.clear();
        const auto same = [&](const Reading& other) {
            return std::ranges::equal(reading.matches, other.matches, [](const Match& a, const Match& b) {
                return a.name == b.name && a.is->numbers == b.is->numbers;
            });
        };
        if (std::ranges::none_of(best, same)) best.push_back(reading);
    }
    return best;
}

void Readings::take(Reading& reading, const std::string& name, const Shape& shape, const ForeignTensor& tensor) const {
    if (shape == tensor.shape) {
        reading.matches.push_back({name, &tensor});
        return;
    }
    const std::string& ours = states_.of(tensor.numbers.front()).name;
    std::string fact = fmt::format("{} has shape {}, needs {}", name, shape, tensor.shape);
    if (name != ours) fact += " for " + ours;
    reading.misfits.emplace(ours, std::move(fact));
}

}  // namespace adjoint
