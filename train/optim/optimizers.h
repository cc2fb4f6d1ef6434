// Optimisers: how parameters follow their gradients, in order of increasing complexity: SGD, RMSprop, Adam, AdamW.
//
// g is the gradient of the parameter p, t the number of the step, from 1. Each can be given several groups of
// parameters with options of their own:
//
//   Adam adam({{model.encoder.parameters(), {.learning_rate = 1e-4}}, {model.decoder.parameters(), {}}});
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "layers/module.h"
#include "train/optim/gradient_clipping.h"

namespace adjoint {

/// Parameters that are improved with options of their own.
template <class Options>
struct ParameterGroup {
    States parameters;
    Options options;
};
template <class Options>
using ParameterGroups = std::vector<ParameterGroup<Options>>;

/// How long a parameter is, and how long the gradient of its last step was before clipping.
struct ParameterNorms {
    std::string name;
    double parameter;
    double gradient;
};

/// A step of one parameter: step t, from 1, at its value p and with the gradient g. The moments are what the optimiser
/// keeps of it, tensors of its shape, 0 at first, which the step edits.
struct ParameterStep {
    int t;
    double learning_rate;
    const Tensor& p;
    const Tensor& g;
    std::vector<Tensor>& moments;
};

/// Improves parameters by their gradients. Frozen parameters are passed over until they are unfrozen.
class Optimizer {
  public:
    virtual ~Optimizer() = default;

    /// One step; `gradients` are those of the parameters that are not frozen, in their order, as Tape::gradient returns
    /// them.   Throws unless there is one for each of these, with its shape and element type.
    void step(std::vector<Variable> gradients);

    /// √Σ p² as it is now and √Σ g² as it was, of each parameter that took the last step.
    std::vector<ParameterNorms> norms() const;
    /// Whether every gradient of the last step was finite.
    bool gradients_were_finite() const { return finite_; }

    /// What it keeps from step to step, for a checkpoint: how many `steps` each parameter took, the `gradient_norms` of
    /// the last one, NaN where it took none, and the moments of each parameter, as m.NAME.
    NamedTensors state_dict() const;
    /// Takes up what state_dict() gave. Throws DataError when a tensor is missing or of another shape.
    void load_state_dict(const TensorsByName& states);

    double learning_rate_scale = 1.0;  ///< multiplies the learning rate of every group: what a schedule sets
    GradientClipping clipping = {};    ///< of the gradients, before each step

  protected:
    /// `moments` are the letters of what is kept of each parameter. Throws when there is no parameter, one is there
    /// twice, or two have one name, by which state_dict() could not tell them apart.
    Optimizer(States parameters, std::string moments);

    /// What parameter i becomes; the step's learning rate is the scale of the parameter's own.
    virtual Tensor updated(std::size_t i, ParameterStep step) const = 0;

  private:
    struct Kept {
        int steps = 0;                                                    // a frozen parameter takes none
        double gradient_norm = std::numeric_limits<double>::quiet_NaN();  // of the last step, unless it took none
        std::vector<Tensor> moments = {};
    };
    States parameters_;
    std::string letters_;
    std::vector<Kept> kept_;  // of each parameter
    bool finite_ = true;
};

/// The optimiser of an algorithm, which is its options and what they make of a parameter. Throws where an option is out
/// of range: `Adam: beta1 must be at least 0 and below 1; got 1`.
template <class Options>
class OptimizerOf : public Optimizer {
  public:
    explicit OptimizerOf(const States& parameters, const Options& options = {})
        : OptimizerOf(ParameterGroups<Options>{{parameters, options}}) {}
    explicit OptimizerOf(const ParameterGroups<Options>& groups) : Optimizer(parameters_of(groups), Options::moments) {
        for (const ParameterGroup<Options>& group : groups) {
            group.options.check();
            options_.insert(options_.end(), group.parameters.size(), group.options);
        }
    }

  private:
    static States parameters_of(const ParameterGroups<Options>& groups) {
        States all;
        for (const ParameterGroup<Options>& group : groups) {
            all.insert(all.end(), group.parameters.begin(), group.parameters.end());
        }
        return all;
    }
    Tensor updated(std::size_t i, ParameterStep step) const override {
        step.learning_rate *= options_[i].learning_rate;
        return options_[i].updated(step);
    }

    std::vector<Options> options_;  // of each parameter
};

/// g ← g + weight_decay·p;  v ← momentum·v + g;  p ← p − learning_rate·v, or with Nesterov's g + momentum·v in place of
/// v.
struct SGDOptions {
    double learning_rate = 1e-3;
    double momentum = 0.0;
    bool nesterov = false;
    double weight_decay = 0.0;
    static constexpr const char* moments = "v";
    void check() const;
    Tensor updated(const ParameterStep& step) const;
};
using SGD = OptimizerOf<SGDOptions>;

/// g ← g + weight_decay·p;  s ← decay·s + (1 − decay)·g²;  v ← momentum·v + g / (√s + epsilon);
/// p ← p − learning_rate·v.   Source: Tieleman and Hinton, lecture 6.5, 2012; momentum as in PyTorch.
struct RMSpropOptions {
    double learning_rate = 1e-2;
    double decay = 0.99;
    double epsilon = 1e-8;
    double momentum = 0.0;
    double weight_decay = 0.0;
    static constexpr const char* moments = "sv";
    void check() const;
    Tensor updated(const ParameterStep& step) const;
};
using RMSprop = OptimizerOf<RMSpropOptions>;

/// g ← g + weight_decay·p;  m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;
/// p ← p − learning_rate·(m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + epsilon).
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
struct AdamOptions {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.0;
    static constexpr const char* moments = "mv";
    void check() const;
    Tensor updated(const ParameterStep& step) const;
};
using Adam = OptimizerOf<AdamOptions>;

/// Adam with the weight decay apart from the gradient: p ← (1 − learning_rate·weight_decay)·p, then Adam's step.
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
struct AdamWOptions {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 1e-2;
    static constexpr const char* moments = "mv";
    void check() const;
    Tensor updated(const ParameterStep& step) const;
};
using AdamW = OptimizerOf<AdamWOptions>;

}  // namespace adjoint
