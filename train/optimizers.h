// How do parameters follow their gradients? In order of increasing complexity: SGD, RMSprop, Adam, AdamW.
//
// g is the gradient of the parameter p, t the number of the step, from 1.
#pragma once

#include <vector>

#include "layers/module.h"

namespace adjoint {

/// Improves parameters by their gradients.
class Optimizer {
  public:
    Optimizer(States parameters, double rate) : learning_rate(rate), parameters_(std::move(parameters)) {}
    virtual ~Optimizer() = default;

    /// One step; `gradients` are those of the parameters in their order, as Tape::gradient returns them.
    /// Throws unless there is one for each parameter, with its shape and element type.
    void step(const std::vector<Variable>& gradients);

    double learning_rate;

  protected:
    /// What parameter i becomes.
    virtual Tensor updated(std::size_t i, const Tensor& p, const Tensor& g) = 0;

    /// A zero for each element of each parameter.
    std::vector<Tensor> zeros() const;
    /// The number of the step that is being made.
    int steps() const { return steps_; }

  private:
    States parameters_;
    int steps_ = 0;
};

struct SGDOptions {
    double learning_rate;
    double momentum = 0.0;
    bool nesterov = false;
    double weight_decay = 0.0;
};
/// g ← g + weight_decay·p;  v ← momentum·v + g;  p ← p − learning_rate·v, or with Nesterov's g + momentum·v in place of
/// v.
class SGD : public Optimizer {
  public:
    SGD(const States& parameters, const SGDOptions& options);

  private:
    Tensor updated(std::size_t i, const Tensor& p, const Tensor& g) override;
    SGDOptions options_;
    std::vector<Tensor> velocity_;
};

struct RMSpropOptions {
    double learning_rate = 1e-2;
    double decay = 0.99;
    double epsilon = 1e-8;
};
/// s ← decay·s + (1 − decay)·g²;  p ← p − learning_rate·g / (√s + epsilon).   Source: Tieleman and Hinton, lecture 6.5,
/// 2012.
class RMSprop : public Optimizer {
  public:
    explicit RMSprop(const States& parameters, const RMSpropOptions& options = {});

  private:
    Tensor updated(std::size_t i, const Tensor& p, const Tensor& g) override;
    RMSpropOptions options_;
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
class Adam : public Optimizer {
  public:
    explicit Adam(const States& parameters, const AdamOptions& options = {});

  protected:
    Tensor updated(std::size_t i, const Tensor& p, const Tensor& g) override;
    AdamOptions options_;

  private:
    std::vector<Tensor> m_;
    std::vector<Tensor> v_;
};

/// Adam with the weight decay apart from the gradient: p ← (1 − learning_rate·weight_decay)·p, then Adam's step.
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
class AdamW : public Adam {
  public:
    explicit AdamW(const States& parameters, const AdamOptions& options = {.weight_decay = 1e-2});

  private:
    Tensor updated(std::size_t i, const Tensor& p, const Tensor& g) override;
    double weight_decay_;
};

}  // namespace adjoint
