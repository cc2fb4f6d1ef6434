#include "train/exchange/weight_conventions.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "layers/analysis/graph.h"
#include "train/exchange/channels_first.h"
#include "train/exchange/keras_program.h"
#include "train/exchange/pytorch_program.h"

namespace adjoint {
namespace {

// No other constant of a model is as large, and float64 has every whole number from here to twice as far.
constexpr double zero = 0x1p40;

// The tensors that are nothing but weights, in some order.
std::vector<ForeignTensor> weights_in(const NamedTensors& tensors, const NumberedStates& states) {
    std::vector<ForeignTensor> weights;
    for (const auto& [name, tensor] : tensors) {
        if (auto numbers = states.in(tensor)) weights.push_back({name, tensor.shape(), std::move(*numbers)});
    }
    return weights;
}

}  // namespace

NumberedStates::NumberedStates(const States& states) {
    for (const auto& [name, state] : states) {
        if (state.counter()) continue;
        entries_.push_back({name, state.shape(), count_});
        count_ += state.value().size();
    }
}

void NumberedStates::number(Module& model) const {
    model.cast(DType::float64);
    auto entry = entries_.begin();
    for (const auto& [name, state] : model.states()) {
        if (state.counter()) continue;
        std::vector<double> numbers(static_cast<std::size_t>(state.value().size()));
        std::iota(numbers.begin(), numbers.end(), zero + static_cast<double>((entry++)->first));
        state.assign(Tensor(state.shape(), numbers, DType::float64));
    }
}

const NumberedStates::Entry& NumberedStates::of(Index number) const {
    return *std::prev(std::ranges::upper_bound(entries_, number, {}, &Entry::first));
}

std::optional<std::vector<Index>> NumberedStates::in(const Tensor& tensor) const {
    std::vector<Index> numbers;
    for (const double value : tensor.to_vector()) {
        const double number = value - zero;
        if (!(number >= 0.0 && number < static_cast<double>(count_)) || number != std::floor(number)) return {};
        numbers.push_back(static_cast<Index>(number));
    }
    return numbers;
}

std::vector<WeightConvention> weight_conventions(Module& model, const NumberedStates& states,
                                                 const std::vector<ModelPart>& parts) {
    states.number(model);
    WeightConvention pytorch = {"pytorch", {}}, keras = {"keras", {}};
    const auto add = [&](WeightConvention& convention, const std::string& part, const auto& make_program) {
        try {
            convention.parts.push_back({part, weights_in(make_program().tensors, states)});
        } catch (const Error& error) {
            convention.refusals.emplace_back(error.what());
        }
    };
    for (const auto& [name, function, item, meaning] : parts) {
        std::optional<Graph> traced;
        const auto graph = [&, &run = function, &shape = item]() -> const Graph& {
            if (!traced) traced = graph_of(model, run, shape);
            return *traced;
        };
        add(pytorch, name, [&] { return pytorch_program(channels_first(graph(), false), "", ""); });
        add(keras, name, [&] { return keras_program(graph(), "", ""); });
    }
    return {{"adjoint", {{"whole", weights_in(tensors_of(model.weights()), states)}}}, pytorch, keras};
}

}  // namespace adjoint
