#include "layers/module.h"

#include <algorithm>
#include <utility>

#include "framework/tensor/observer.h"

namespace adjoint {

static thread_local std::optional<Mode> mode_of_scope;

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

ModeScope::ModeScope(Mode mode) : before_(std::exchange(mode_of_scope, mode)) {}

ModeScope::~ModeScope() { mode_of_scope = before_; }

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

void Module::set_frozen(const char* operation, const std::string& name, bool frozen) const {
    bool found = false;
    for (const auto& [full_name, parameter] : collect(&Module::parameters_)) {
        if (!name.empty() && full_name != name && !full_name.starts_with(name + ".")) continue;
        found = true;
        frozen ? parameter.freeze() : parameter.unfreeze();
    }
    require(found, "Module::{}: no parameter has this name or begins with it and a dot; got {}", operation,
            name.empty() ? "none at all" : name);
}

bool Module::frozen() const {
    const auto is_frozen = [](const NamedState& named) { return named.state.frozen(); };
    return !parameters_.empty() && std::ranges::all_of(parameters_, is_frozen);
}

bool Module::training() const {
    if (mode_) return mode_ == Mode::train;
    return !frozen() && (mode_of_scope ? mode_of_scope == Mode::train : Tape::watches_parameters());
}

void Module::cast(DType dtype) {
    for (const NamedState& named : states()) named.state.assign(named.state.value().cast(dtype));
}

void Module::set_mode(std::optional<Mode> mode) {
    mode_ = mode;
    for (const Child& child : children_) child.module->set_mode(mode);
}

Parameter Module::parameter(std::string name, Tensor initial) {
    return parameters_.emplace_back(NamedState{std::move(name), State(Variable::parameter(std::move(initial)))}).state;
}

Buffer Module::buffer(std::string name, Tensor initial) {
    return buffers_.emplace_back(NamedState{std::move(name), State(std::move(initial))}).state;
}

}  // namespace adjoint
