// Optimisers: how parameters follow their gradients, in order of increasing complexity: SGD, RMSprop, Adam, AdamW.
//
// g is the gradient of the parameter p, t the number of the step, from 1. Each can be given several groups of parameters
// with options of their own:
//
//   Adam adam({{model.encoder.parameters(), {.learning_rate = 1e-4}}, {model.decoder.parameters(), {}}});
#pragma once

#include <vector>

#include "layers/named_tensors.h"
#include "train/gradient_clipping.h"

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

    /// What it keeps from step to step, for a checkpoint: how many `steps` each parameter took, the `gradient_norms` of the
    /// last one, NaN where it took none, and the moments of each parameter, as m.NAME.
    NamedTensors state_dict();
    /// Takes up what state_dict() gave. Throws DataError when a tensor is missing or of another shape.
    void load_state_dict(const TensorsByName& states);

    double learning_rate_scale = 1.0;  ///< multiplies the learning rate of every group: what a schedule sets
    GradientClipping clipping = {};    ///< of the gradients, before each step

  protected:
    /// Throws when there is no parameter, or one is there twice.
    explicit Optimizer(States parameters);

    /// What parameter i becomes in its step t.
    virtual Tensor updated(std::size_t i, int t, const Tensor& p, const Tensor& g) = 0;

    /// What the optimiser keeps of each parameter, a tensor of its shape, by the letter in its equation.
    struct Moment {
        const char* letter;
        std::vector<Tensor>* of_parameters;
    };
    virtual std::vector<Moment> moments() = 0;

    /// A zero for each element of each parameter.
    std::vector<Tensor> zeros() const;

  private:
    States parameters_;
    std::vector<int> steps_;              // of each parameter: a frozen one takes none
    std::vector<double> gradient_norms_;  // of each parameter in the last step, NaN where it took none
    bool finite_ = true;
};

/// An optimiser whose groups have these options.
template <class Options>
class GroupOptimizer : public Optimizer {
  protected:
    explicit GroupOptimizer(const ParameterGroups<Options>& groups) : Optimizer(all_parameters(groups)) {
        for (const ParameterGroup<Options>& group : groups) {
            options_.insert(options_.end(), group.parameters.size(), group.options);
        }
    }
    /// Of parameter i.
    const Options& options(std::size_t i) const { return options_[i]; }
    double learning_rate(std::size_t i) const { return options_[i].learning_rate * learning_rate_scale; }

  private:
    static States all_parameters(const ParameterGroups<Options>& groups) {
        States all;
        for (const ParameterGroup<Options>& group : groups) {
            all.insert(all.end(), group.parameters.begin(), group.parameters.end());
        }
        return all;
    }
    std::vector<Options> options_;
};

struct SGDOptions {
    double learning_rate;
    double momentum = 0.0;
    bool nesterov = false;
    double weight_decay = 0.0;
};
/// g ← g + weight_decay·p;  v ← momentum·v + g;  p ← p − learning_rate·v, or with Nesterov's g + momentum·v in place of
/// v.
class SGD : public GroupOptimizer<SGDOptions> {
  public:
    SGD(const States& parameters, const SGDOptions& options) : SGD({{parameters, options}}) {}
    explicit SGD(const ParameterGroups<SGDOptions>& groups) : GroupOptimizer(groups), velocity_(zeros()) {}

  private:
    Tensor updated(std::size_t i, int t, const Tensor& p, const Tensor& g) override;
    std::vector<Moment> moments() override { return {{"v", &velocity_}}; }
    std::vector<Tensor> velocity_;
};

struct RMSpropOptions {
    double learning_rate = 1e-2;
    double decay = 0.99;
    double epsilon = 1e-8;
};
/// s ← decay·s + (1 − decay)·g²;  p ← p − learning_rate·g / (√s + epsilon).   Source: Tieleman and Hinton, lecture 6.5,
/// 2012.
class RMSprop : public GroupOptimizer<RMSpropOptions> {
  public:
    explicit RMSprop(const States& parameters, const RMSpropOptions& options = {}) : RMSprop({{parameters, options}}) {}
    explicit RMSprop(const ParameterGroups<RMSpropOptions>& groups) : GroupOptimizer(groups), squares_(zeros()) {}

  private:
    Tensor updated(std::size_t i, int t, const Tensor& p, const Tensor& g) override;
    std::vector<Moment> moments() override { return {{"s", &squares_}}; }
    std::vector<Tensor> squares_;
};

struct AdamOptions {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.0;
    static constexpr bool decoupled = false;
};
struct AdamWOptions {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 1e-2;
    static constexpr bool decoupled = true;
};
/// g ← g + weight_decay·p;  m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;
/// p ← p − learning_rate·(m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + epsilon).
/// Where the weight decay is decoupled it leaves g alone: first p ← (1 − learning_rate·weight_decay)·p.
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; Loshchilov and Hutter, "Decoupled weight
/// decay regularization", 2019.
template <class Options>
class AdamOptimizer : public GroupOptimizer<Options> {
  public:
    explicit AdamOptimizer(const States& parameters, const Options& options = {})
        : AdamOptimizer(ParameterGroups<Options>{{parameters, options}}) {}
    explicit AdamOptimizer(const ParameterGroups<Options>& groups)
        : GroupOptimizer<Options>(groups), m_(this->zeros()), v_(this->zeros()) {}

  private:
    Tensor updated(std::size_t i, int t, const Tensor& p, const Tensor& g) override;
    std::vector<Optimizer::Moment> moments() override { return {{"m", &m_}, {"v", &v_}}; }
    std::vector<Tensor> m_;
    std::vector<Tensor> v_;
};
using Adam = AdamOptimizer<AdamOptions>;
using AdamW = AdamOptimizer<AdamWOptions>;

}  // namespace adjoint
