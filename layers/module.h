// Module: a function that owns named parameters, which are registered by being created.
#pragma once

#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/autograd/tape.h"
#include "framework/tensor/thread_listing.h"

namespace adjoint {

/// A value of a module that lasts from step to step. Copies are handles to the same value: that is how one layer
/// borrows another's filters, and how an optimiser reaches what it improves.
class State {
  public:
    explicit State(Variable initial) : shared_(std::make_shared<Shared>(Shared{std::move(initial)})) {}

    const Variable& variable() const { return shared_->variable; }
    operator const Variable&() const { return variable(); }
    const Tensor& value() const { return variable().value(); }
    const Shape& shape() const { return variable().shape(); }

    /// Gives it another value: a new variable, of which no tape knows, and a parameter if the first one was. Throws
    /// unless the shape stays the same.
    void assign(Tensor value) const;
    /// Lets a variable stand for its value, so that gradients of what is computed with it lead to that variable.
    void substitute(Variable variable) const;

    /// A frozen parameter keeps its value: Module::parameters() leaves it out, so that no tape is told to watch it, and
    /// optimisers pass it over.
    void freeze() const { shared_->frozen = true; }
    void unfreeze() const { shared_->frozen = false; }
    bool frozen() const { return shared_->frozen; }

    /// Whether it counts what training has done: checkpoints hold it, files of weights do not.
    bool counter() const { return shared_->counter; }

    bool same_as(const State& other) const { return shared_ == other.shared_; }

  private:
    struct Shared {
        Variable variable;
        bool parameter = variable.is_parameter();
        bool frozen = false;
        bool counter = false;
    };
    friend class Module;
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

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;  ///< values of states, as files hold them
using TensorsByName = std::map<std::string, Tensor>;               ///< as they are read
NamedTensors tensors_of(const States& states);

/// Gives states back, when it goes, the variables that they have now.
class RestoreStates {
  public:
    explicit RestoreStates(States states) : states_(std::move(states)), before_(states_) {}
    ~RestoreStates();
    RestoreStates(const RestoreStates&) = delete;
    RestoreStates& operator=(const RestoreStates&) = delete;

  private:
    States states_;
    std::vector<Variable> before_;
};

/// A part of a module, under the name that the names of its states begin with.
struct NamedModule {
    std::string name;
    const class Module* module;
};

enum class Mode { train, evaluate };

/// Has the modules that its thread calls, from construction to destruction, behave as in this mode:
///   const ModeScope training(Mode::train);
class ModeScope {
  public:
    explicit ModeScope(Mode mode) : mode_(mode) {}
    ModeScope(const ModeScope&) = delete;
    ModeScope& operator=(const ModeScope&) = delete;

    /// That of the innermost scope of this thread, if any.
    static std::optional<Mode> mode();

  private:
    Mode mode_;
    ThreadListing<ModeScope> listing_{this};
};

/// A function with parameters, buffers and children. It behaves as in training while a live tape watches parameters,
/// and as in evaluation otherwise: a tape that watches an input alone (for a saliency map, a gradient check) moves no
/// running moment and drops nothing. A ModeScope overrules the tape, train() and evaluate() of the module itself
/// overrule both.
///
/// Several inputs: a module may have functions of its own beside forward, attend(x, context) or step(x, memory), which
/// call its children and parameters as forward does; forward(x) is what Sequential, hooks and gradient_check(module, x)
/// call, while gradient_check of a lambda checks such functions. `tests/layers/own_layers_test.cpp` has examples.
/// Hooks: an Observer, which hears of every call before and after it (before_module, after_module) while it lives;
/// ModuleCalls in `layers/analysis/model_summary.h` is one.
class Module {
  public:
    Module() = default;
    Module(Module&&) = default;
    virtual ~Module() = default;

    virtual Variable forward(const Variable& x) const = 0;
    /// forward(x), of which observers hear.
    Variable operator()(const Variable& x) const;

    /// What training changes: the parameters that are not frozen.
    States parameters() const;
    States buffers() const;
    /// Parameters, frozen ones too, then buffers: all that a checkpoint holds.
    States states() const;
    /// The same without counters: all that a file of weights holds.
    States weights() const;

    /// All that it is made of, each module before its own parts, with their names.
    std::vector<NamedModule> modules() const;
    std::map<const Module*, std::string> module_names() const;

    /// Freezes the parameter `name`, or all those whose names begin with `name` and a dot; without a name all. A layer
    /// whose own parameters (or its parts', where it has none) are all frozen behaves as in evaluation: its running
    /// moments stay as they are too.
    /// Throws where there is no such parameter.
    void freeze(const std::string& name = "") const { set_frozen("freeze", name, true); }
    void unfreeze(const std::string& name = "") const { set_frozen("unfreeze", name, false); }

    void train() { set_mode(Mode::train); }
    void evaluate() { set_mode(Mode::evaluate); }
    void follow_tape() { set_mode({}); }
    bool training() const;

    /// Changes the element type of all states, for example to float64 for a gradient check.
    void cast(DType dtype);

  protected:
    // Each throws where two states could come to share a full name: `Module: names must differ, and none begin with
    // another and a dot; got conv after conv`. A child follows what train() or evaluate() said before it came.
    Parameter parameter(std::string name, Tensor initial);
    Buffer buffer(std::string name, Tensor initial);
    /// A buffer, 0 in float64, that counts what training has done.
    Buffer counter(std::string name);
    template <std::derived_from<Module> M>
    M& child(std::string name, M module) {
        auto owned = std::make_unique<M>(std::move(module));
        M& result = *owned;
        child(std::move(name), std::move(owned));
        return result;
    }
    Module& child(std::string name, std::unique_ptr<Module> module);

  private:
    struct Child {
        std::string name;
        std::unique_ptr<Module> module;
    };

    void require_new(const std::string& name) const;
    void set_mode(std::optional<Mode> mode);
    void set_frozen(const char* operation, const std::string& name, bool frozen) const;
    bool frozen() const;
    States collect(States Module::*own) const;

    std::optional<Mode> mode_;
    States parameters_;
    States buffers_;
    std::vector<Child> children_;
};

}  // namespace adjoint
