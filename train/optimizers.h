// How do parameters follow their gradients? In order of increasing complexity: SGD, RMSprop, Adam, AdamW.
//
// g is the gradient of the parameter p, t the number of the step, from 1. Each can be given several groups of parameters
// with options of their own:
//
//   Adam adam({{model.encoder.parameters(), {.learning_rate = 1e-4}}, {model.decoder.parameters(), {}}});
#pragma once

#include <map>
#include <vector>

#include "layers/module.h"
#include "train/gradient_clipping.h"
#include "train/named.h"

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

    /// √Σ p² and √Σ g² of each parameter that took the last step.
    std::vector<ParameterNorms> norms() const;
    /// Whether every gradient of the last step was finite.
    bool followed_finite_gradients() const;

    /// What it keeps from step to step, for a checkpoint: how many `steps` each parameter took, the `gradient_norms` of the
    /// last one, and the moments of each parameter, as m.NAME.
    NamedTensors memory();
    /// Takes up what memory() gave. Throws DataError when a tensor is missing or of another shape.
    void remember(const std::map<std::string, Tensor>& memory);

    double rate_factor = 1.0;        ///< multiplies the learning rate of every group: what a schedule sets
    GradientClipping clipping = {};  ///< of the gradients, before each step

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
    std::vector<int> steps_;  // of each parameter: a frozen one takes none
    /// ‖g‖ of each parameter in the last step, NaN where it took none.
    std::vector<double> gradient_norms() const;

    struct Followed {
        std::size_t parameter;
        Variable gradient;
    };
    std::vector<Followed> followed_;                 // in the last step, if it was taken since remember()
    std::vector<double> remembered_gradient_norms_;  // else
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
    double learning_rate(std::size_t i) const { return options_[i].learning_rate * rate_factor; }

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
};
/// g ← g + weight_decay·p;  m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;
/// p ← p − learning_rate·(m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + epsilon).
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
class Adam : public GroupOptimizer<AdamOptions> {
  public:
    explicit Adam(const States& parameters, const AdamOptions& options = {}) : Adam({{parameters, options}}) {}
    explicit Adam(const ParameterGroups<AdamOptions>& groups) : GroupOptimizer(groups), m_(zeros()), v_(zeros()) {}

  private:
    Tensor updated(std::size_t i, int t, const Tensor& p, const Tensor& g) override;
    std::vector<Moment> moments() override { return {{"m", &m_}, {"v", &v_}}; }
    std::vector<Tensor> m_;
    std::vector<Tensor> v_;
};

struct AdamWOptions {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 1e-2;
};
/// Adam with the weight decay apart from the gradient: p ← (1 − learning_rate·weight_decay)·p, then Adam's step.
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
class AdamW : public GroupOptimizer<AdamWOptions> {
  public:
    explicit AdamW(const States& parameters, const AdamWOptions& options = {}) : AdamW({{parameters, options}}) {}
    explicit AdamW(const ParameterGroups<AdamWOptions>& groups) : GroupOptimizer(groups), m_(zeros()), v_(zeros()) {}

  private:
    Tensor updated(std::size_t i, int t, const Tensor& p, const Tensor& g) override;
    std::vector<Moment> moments() override { return {{"m", &m_}, {"v", &v_}}; }
    std::vector<Tensor> m_;
    std::vector<Tensor> v_;
};

}  // namespace adjoint
