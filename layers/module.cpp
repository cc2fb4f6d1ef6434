#include "layers/module.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/tensor/observer.h"

namespace adjoint {

void State::assign(Tensor value) const {
    require(value.shape() == shape(), "State::assign: the shape must stay; got {} for {}", value.shape(), shape());
    shared_->variable = shared_->parameter ? Variable::parameter(std::move(value)) : Variable(std::move(value));
}

void State::substitute(Variable variable) const {
    require(variable.shape() == shape(), "State::substitute: the shape must stay; got {} for {}", variable.shape(),
            shape());
    shared_->variable = std::move(variable);
}

NamedTensors tensors_of(const States& states) {
    NamedTensors tensors;
    for (const auto& [name, state] : states) tensors.emplace_back(name, state.value());
    return tensors;
}

RestoreStates::~RestoreStates() {
    for (std::size_t i = 0; i < states_.size(); ++i) states_[i].state.substitute(before_[i]);
}

std::optional<Mode> ModeScope::mode() {
    const std::vector<ModeScope*>& scopes = ThreadListing<ModeScope>::here();
    return scopes.empty() ? std::nullopt : std::optional(scopes.back()->mode_);
}

States::operator std::vector<Variable>() const {
    std::vector<Variable> variables;
    for (const NamedState& named : *this) variables.push_back(named.state.variable());
    return variables;
}

Variable Module::operator()(const Variable& x) const {
    Observer::for_each([&](Observer& observer) { observer.before_module(*this, x); });
    Variable y = forward(x);
    Observer::for_each([&](Observer& observer) { observer.after_module(*this, x, y); });
    return y;
}

std::vector<NamedModule> Module::modules() const {
    std::vector<NamedModule> result;
    for (const Child& child : children_) {
        result.push_back({child.name, child.module.get()});
        for (const NamedModule& part : child.module->modules()) {
            result.push_back({child.name + "." + part.name, part.module});
        }
    }
    return result;
}

std::map<const Module*, std::string> Module::module_names() const {
    std::map<const Module*, std::string> names;
    for (const auto& [name, module] : modules()) names[module] = name;
    return names;
}

States Module::collect(States Module::*own) const {
    States result = this->*own;
    for (const Child& child : children_) {
        for (NamedState& named : child.module->collect(own)) {
            result.push_back({child.name + "." + named.name, named.state});
        }
    }
    return result;
}

States Module::parameters() const {
    States result = collect(&Module::parameters_);
    std::erase_if(result, [](const NamedState& named) { return named.state.frozen(); });
    return result;
}

States Module::buffers() const { return collect(&Module::buffers_); }

States Module::states() const {
    States result = collect(&Module::parameters_);
    for (NamedState& named : buffers()) result.push_back(std::move(named));
    return result;
}

States Module::weights() const {
    States result = states();
    std::erase_if(result, [](const NamedState& named) { return named.state.counter(); });
    return result;
}

void Module::set_frozen(const char* operation, const std::string& name, bool frozen) const {
    bool found = false;
    std::vector<std::string> known;
    for (const auto& [full_name, parameter] : collect(&Module::parameters_)) {
        const std::string first = full_name.substr(0, full_name.find('.'));
        if (known.empty() || known.back() != first) known.push_back(first);
        if (!name.empty() && full_name != name && !full_name.starts_with(name + ".")) continue;
        found = true;
        frozen ? parameter.freeze() : parameter.unfreeze();
    }
    require(found, "Module::{}: no parameter has this name or begins with it and a dot; got {}, known: {}", operation,
            name.empty() ? "none at all" : name, known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
}

bool Module::frozen() const {
    const States all = parameters_.empty() ? collect(&Module::parameters_) : parameters_;
    return !all.empty() && std::ranges::all_of(all, [](const NamedState& named) { return named.state.frozen(); });
}

bool Module::training() const {
    if (mode_) return mode_ == Mode::train;
    const std::optional<Mode> scope = ModeScope::mode();
    return (scope ? scope == Mode::train : Tape::watches_parameters()) && !frozen();
}

void Module::cast(DType dtype) {
    for (const NamedState& named : states()) named.state.assign(named.state.value().cast(dtype));
}

void Module::set_mode(std::optional<Mode> mode) {
    mode_ = mode;
    for (const Child& child : children_) child.module->set_mode(mode);
}

void Module::require_new(const std::string& name) const {
    const auto require_apart = [begin = name + "."](const auto& others) {
        for (const auto& other : others) {
            const std::string taken = other.name + ".";
            require(!begin.starts_with(taken) && !taken.starts_with(begin),
                    "Module: names must differ, and none begin with another and a dot; got {} after {}",
                    begin.substr(0, begin.size() - 1), other.name);
        }
    };
    require_apart(parameters_);
    require_apart(buffers_);
    require_apart(children_);
}

Module& Module::child(std::string name, std::unique_ptr<Module> module) {
    require_new(name);
    if (mode_) module->set_mode(mode_);
    return *children_.emplace_back(Child{std::move(name), std::move(module)}).module;
}

Parameter Module::parameter(std::string name, Tensor initial) {
    require_new(name);
    return parameters_.emplace_back(NamedState{std::move(name), State(Variable::parameter(std::move(initial)))}).state;
}

Buffer Module::buffer(std::string name, Tensor initial) {
    require_new(name);
    return buffers_.emplace_back(NamedState{std::move(name), State(std::move(initial))}).state;
}

Buffer Module::counter(std::string name) {
    const Buffer state = buffer(std::move(name), Tensor({}, {0.0}, DType::float64));
    state.shared_->counter = true;
    return state;
}

}  // namespace adjoint
