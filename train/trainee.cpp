#include "train/trainee.h"

#include <algorithm>

namespace adjoint {
namespace {

const std::string average_prefix = "average.", optimizer_prefix = "optimizer.";

// Those whose names begin so, without it.
std::map<std::string, Tensor> part_of(const std::map<std::string, Tensor>& all, const std::string& prefix) {
    std::map<std::string, Tensor> part;
    for (const auto& [name, tensor] : all) {
        if (name.starts_with(prefix)) part.emplace(name.substr(prefix.size()), tensor);
    }
    return part;
}

void restore(const States& states, const std::map<std::string, Tensor>& tensors) {
    for (const auto& [name, state] : states) {
        const auto found = tensors.find(name);
        require<DataError>(found != tensors.end() && found->second.shape() == state.shape(),
                           "checkpoint: there must be {} {}; got {}", name, state.shape(),
                           found == tensors.end() ? "none" : fmt::format("{}", found->second.shape()));
        state.assign(found->second);
    }
}

}  // namespace

NamedTensors Trainee::memory() {
    NamedTensors all = tensors_of(model().states());
    const auto add = [&](const std::string& prefix, NamedTensors tensors) {
        for (auto& [name, tensor] : tensors) all.emplace_back(prefix + name, std::move(tensor));
    };
    if (average() != nullptr) add(average_prefix, tensors_of(average()->states()));
    for (const auto& [prefix, optimizer] : optimizers()) add(optimizer_prefix + prefix, optimizer.memory());
    return all;
}

void Trainee::remember(const std::map<std::string, Tensor>& memory, Index steps) {
    restore(model().states(), memory);
    if (average() != nullptr) restore(average()->states(), part_of(memory, average_prefix));
    for (const auto& [prefix, optimizer] : optimizers()) optimizer.remember(part_of(memory, optimizer_prefix + prefix));
    resume_average(steps);
}

void Trainee::set_rate_factor(double factor) {
    for (const auto& [prefix, optimizer] : optimizers()) optimizer.rate_factor = factor;
}

Numbers Trainee::norms() {
    Numbers norms;
    for (const auto& [prefix, optimizer] : optimizers()) {
        for (const ParameterNorms& of : optimizer.norms()) {
            norms.emplace_back("weight_norm/" + prefix + of.name, of.parameter);
            norms.emplace_back("gradient_norm/" + prefix + of.name, of.gradient);
        }
    }
    return norms;
}

bool Trainee::followed_finite_gradients() {
    const std::vector<NamedOptimizer> all = optimizers();
    return std::all_of(all.begin(), all.end(),
                       [](const NamedOptimizer& named) { return named.optimizer.followed_finite_gradients(); });
}

}  // namespace adjoint
