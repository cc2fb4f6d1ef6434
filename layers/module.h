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
    explicit State(Tensor initial) : shared_(std::make_shared<Shared>(Shared{Variable(std::move(initial))})) {}

    const Variable& variable() const { return shared_->variable; }
    operator const Variable&() const { return variable(); }
    const Tensor& value() const { return variable().value(); }
    const Shape& shape() const { return variable().shape(); }

    /// Replaces the value; a tensor makes a new variable, of which no tape knows. Throws unless the shape stays the
    /// same.
    void assign(Variable value) const;

    /// A frozen parameter keeps its value: Module::parameters() leaves it out, so that no tape is told to watch it, and
    /// optimisers pass it over.
    void freeze() const { shared_->frozen = true; }
    void unfreeze() const { shared_->frozen = false; }
    bool frozen() const { return shared_->frozen; }

    bool same_as(const State& other) const { return shared_ == other.shared_; }

  private:
    struct Shared {
        Variable variable;
        bool frozen = false;
    };
    std::shared_ptr<Shared> shared_;
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

/// A part of a module, under the name that the names of its states begin with.
struct NamedModule {
    std::string name;
    const class Module* module;
};

/// A function with parameters, buffers and children. It behaves as in training while a tape is live and as in
/// evaluation while none is (or it is frozen), so that neither can be forgotten; train() and evaluate() overrule that.
class Module {
  public:
    Module() = default;
    Module(Module&&) = default;
    virtual ~Module() = default;

    virtual Variable forward(const Variable& x) const = 0;
    /// forward(x), of which a ModuleListener hears.
    Variable operator()(const Variable& x) const;

    /// What training changes: the parameters that are not frozen.
    States parameters() const;
    States buffers() const;
    /// Parameters, frozen ones too, then buffers: all that a checkpoint holds.
    States states() const;

    /// All that it is made of, each module before its own parts, with their names.
    std::vector<NamedModule> modules() const;

    /// Freezes the parameter `name`, or all those whose names begin with `name` and a dot; without a name all. A layer
    /// whose own parameters are all frozen behaves as in evaluation: its running moments stay as they are too.
    /// Throws where there is no such parameter.
    void freeze(const std::string& name = "") const { set_frozen("freeze", name, true); }
    void unfreeze(const std::string& name = "") const { set_frozen("unfreeze", name, false); }

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
    void set_frozen(const char* operation, const std::string& name, bool frozen) const;
    bool frozen() const;
    States collect(States Module::*own) const;

    Mode mode_ = Mode::follow_tape;
    States parameters_;
    States buffers_;
    std::vector<Child> children_;
};

/// What hears of the calls of modules on its thread from construction to destruction. There is one at a time a thread.
class ModuleListener {
  public:
    ModuleListener();
    virtual ~ModuleListener();
    ModuleListener(const ModuleListener&) = delete;
    ModuleListener& operator=(const ModuleListener&) = delete;

    /// Does what is to be done before and after module.forward(x), and returns its result.
    virtual Variable call(const Module& module, const Variable& x) = 0;
};

}  // namespace adjoint
