// What is a layer? A function that owns named parameters; they are registered by being created.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <vector>

#include "framework/tape.h"

namespace adjoint {

/// A value of a module that lasts from step to step. Copies are handles to the same value: that is how one layer
/// borrows another's filters, and how an optimiser reaches what it improves.
class State {
  public:
    explicit State(Tensor initial) : variable_(std::make_shared<Variable>(std::move(initial))) {}

    const Variable& variable() const { return *variable_; }
    operator const Variable&() const { return *variable_; }
    const Tensor& value() const { return variable_->value(); }
    const Shape& shape() const { return variable_->shape(); }

    /// Replaces the value; a tensor makes a new variable, of which no tape knows. Throws unless the shape stays the
    /// same.
    void assign(Variable value) const;

    bool same_as(const State& other) const { return variable_ == other.variable_; }

  private:
    std::shared_ptr<Variable> variable_;
};

using Parameter = State;  ///< what training changes
using Buffer = State;     ///< what the layer itself keeps, saved with the parameters: running moments, counters

/// States with their names, in order of creation; names of children join with dots: decoder.up1.weight.
struct NamedState {
    std::string name;
    State state;
};
struct States : std::vector<NamedState> {
    using std::vector<NamedState>::vector;
    /// Lets a tape watch them: Tape tape(model.parameters()).
    operator std::vector<Variable>() const;
};

/// A function with parameters, buffers and children. It behaves as in training while a tape is live and as in
/// evaluation while none is, so that neither can be forgotten; train() and evaluate() overrule that.
class Module {
  public:
    Module() = default;
    Module(Module&&) = default;
    virtual ~Module() = default;

    virtual Variable forward(const Variable& x) const = 0;
    Variable operator()(const Variable& x) const { return forward(x); }

    States parameters() const;
    States buffers() const;
    /// Parameters, then buffers: all that a checkpoint holds.
    States states() const;

    void train() { set_mode(Mode::train); }
    void evaluate() { set_mode(Mode::evaluate); }
    void follow_tape() { set_mode(Mode::follow_tape); }
    bool training() const;

    /// Changes the element type of all states, for example to float64 for a gradient check.
    void cast(DType dtype);

  protected:
    Parameter parameter(std::string name, Tensor initial);
    Buffer buffer(std::string name, Tensor initial);
    template <std::derived_from<Module> M>
    M& child(std::string name, M module) {
        auto owned = std::make_unique<M>(std::move(module));
        M& result = *owned;
        add_child(std::move(name), std::move(owned));
        return result;
    }
    void add_child(std::string name, std::unique_ptr<Module> module);

  private:
    enum class Mode { follow_tape, train, evaluate };
    struct Child {
        std::string name;
        std::unique_ptr<Module> module;
    };

    void set_mode(Mode mode);
    States collect(States Module::*own) const;

    Mode mode_ = Mode::follow_tape;
    States parameters_;
    States buffers_;
    std::vector<Child> children_;
};

}  // namespace adjoint
