#include "train/exchange/foreign_weights.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "train/exchange/weight_readings.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

struct Piece {
    std::string name;  // in the file
    StoredTensor stored;
    std::vector<Index> elements;  // of the state, for each number in the file
};

// The values of a state, whose every element is in one of the pieces.
Tensor assembled(const std::string& path, const std::string& name, const Shape& shape,
                 const std::vector<Piece>& pieces) {
    std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
    std::vector<const Piece*> from(values.size());
    DType type = DType::float32;
    for (const Piece& piece : pieces) {
        const Tensor tensor = piece.stored.tensor();
        if (tensor.dtype() == DType::float64) type = DType::float64;
        const std::vector<double> numbers = tensor.to_vector();
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const auto at = static_cast<std::size_t>(piece.elements[i]);
            require<DataError>(from[at] == nullptr || values[at] == numbers[i],
                               "{}: {} and {} must be the same, which the model has once, as {}", path,
                               from[at] == nullptr ? "" : from[at]->name, piece.name, name);
            values[at] = numbers[i];
            from[at] = &piece;
        }
    }
    require<DataError>(std::ranges::count(from, nullptr) == 0, "{}: must have all of {}; {} has a part of it", path,
                       name, pieces.front().name);
    return Tensor(shape, values, type);
}

WeightsFile translated(const WeightsFile& file, const NumberedStates& states, const Reading& reading) {
    std::map<std::string, std::vector<Piece>> pieces;
    WeightsFile result = {file.path, {}, file.metadata, file.origin, {}, reading.misfits};
    for (const auto& [name, is] : reading.matches) {
        const NumberedStates::Entry& entry = states.of(is->numbers.front());
        Piece piece = {name, file.tensors.at(name), is->numbers};
        for (Index& number : piece.elements) number -= entry.first;
        pieces[entry.name].push_back(std::move(piece));
    }
    for (const NumberedStates::Entry& entry : states.entries()) {
        const auto found = pieces.find(entry.name);
        if (found == pieces.end()) continue;
        const std::vector<Piece>& of = found->second;
        std::vector<std::string> names;
        for (const Piece& piece : of) names.push_back(piece.name);
        const auto tensor = [=, path = file.path.string(), name = entry.name, shape = entry.shape] {
            return assembled(path, name, shape, of);
        };
        result.called[entry.name] = fmt::format("{}", fmt::join(names, ", "));
        result.tensors[entry.name] = {of.front().stored.type, entry.shape, of.front().stored.bytes,
                                      /*foreign=*/false,      tensor,      [=] { return npy_of(tensor()); }};
    }
    for (const std::string& name : reading.unknown) result.tensors.emplace(name, file.tensors.at(name));
    return result;
}

std::string layout_of(const std::string& convention, std::size_t axes) {
    const bool turned = convention == "pytorch";
    if (axes == 4) return turned ? "[O, C, K, L]" : "[K, L, C, O]";
    return turned ? "[out, in]" : "[in, out]";
}

[[noreturn]] void refuse_two(const WeightsFile& file, const Reading& a, const Reading& b) {
    if (a.part != b.part) {
        throw DataError(fmt::format("{}: fits two parts of the model, by the order of its layers: {} and {}",
                                    file.path.string(), a.part, b.part));
    }
    const auto differs = std::ranges::mismatch(a.matches, b.matches, [](const Match& one, const Match& other) {
                             return one.is->numbers == other.is->numbers;
                         }).in1;
    const std::string& name = differs->name;
    const Shape& shape = file.tensors.at(name).shape;
    throw DataError(
        fmt::format("{}: has two readings: {} {} is {} as {} has it, or {} as {} has it; --convention says "
                    "which",
                    file.path.string(), name, shape, layout_of(a.convention, shape.size()), a.convention,
                    layout_of(b.convention, shape.size()), b.convention));
}

// All parts together as one more, where none is the whole.
void add_whole(WeightConvention& convention) {
    PartWeights whole = {"whole", {}};
    for (const PartWeights& part : convention.parts) {
        if (part.part == "whole") return;
        whole.tensors.insert(whole.tensors.end(), part.tensors.begin(), part.tensors.end());
    }
    convention.parts.push_back(std::move(whole));
}

std::string said_in(const WeightsFile& file, const std::string& key) {
    const auto said = file.metadata.find(key);
    return said == file.metadata.end() ? "" : said->second;
}

// What the reader says of the convention, else the file.
std::string decided(const WeightsFile& file, const std::string& convention) {
    return convention.empty() ? said_in(file, convention_key) : convention;
}

// Why the model has no weights in the conventions that a file may be read by.
void require_conventions(const WeightsFile& file, const std::vector<WeightConvention>& conventions,
                         const std::string& wanted) {
    for (const auto& [name, parts, refusals] : conventions) {
        const bool asked_for = wanted.empty() ? name == "pytorch" : name == wanted;
        require<DataError>(!asked_for || refusals.empty(),
                           "{}: does not fit the model, which cannot be said in the way of {}: {}", file.path.string(),
                           name, fmt::join(refusals, "; "));
    }
}

void refuse_order(const WeightsFile& file, const Reading& reading) {
    Differences differences = {fmt::format("by the order of its layers, as {}: ", reading.part), reading.missing};
    for (const std::string& name : reading.unknown)
        differences.unknown.push_back(fmt::format("{} {}", name, file.tensors.at(name).shape));
    for (const auto& [name, fact] : reading.misfits) differences.misshapen.push_back(fact);
    differences.require_none(file.path);
}

}  // namespace

bool is_at_home(const WeightsFile& file, const std::string& convention) {
    const std::string said = said_in(file, convention_key);
    return convention.empty() && (said.empty() ? has_checksum(file.metadata) : said == "adjoint");
}

WeightsFile at_home(const WeightsFile& file, const std::string& convention, Module& model,
                    const std::vector<ModelPart>& parts) {
    const NumberedStates states(model.states());
    std::vector<std::string> names;
    for (const ModelPart& part : parts) names.push_back(part.name);
    std::vector<WeightConvention> conventions = weight_conventions(model, states, parts);
    const std::string wanted = decided(file, convention);
    Readings readings(file, states, names);
    for (WeightConvention& each : conventions) {
        if (!wanted.empty() && each.name != wanted) continue;
        add_whole(each);
        readings.by_names(each);
        if (each.name != "pytorch") continue;  // whose names are numbers, or anyone's own
        for (const PartWeights& part : each.parts) readings.by_order(each, part);
    }
    std::vector<Reading> best = readings.best();
    if (best.size() > 1 && said_in(file, "format") == "pt")
        std::erase_if(best, [](const Reading& reading) { return reading.convention != "pytorch"; });
    const bool fits = !best.empty() && best.front().fits();
    if (!fits) require_conventions(file, conventions, wanted);
    if (fits && best.size() > 1) refuse_two(file, best[0], best[1]);
    // Where nothing is any layer's, the names say more than an order.
    if (best.empty() || (best.front().matches.empty() && best.front().misfits.empty())) return file;
    if (best.front().by_order && !fits) refuse_order(file, best.front());
    return translated(file, states, best.front());
}

}  // namespace adjoint
