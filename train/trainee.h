// What does a training run need to know of what it trains? How it takes a step, how good it is, and what it is made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/batches.h"
#include "train/optimizers.h"
#include "train/training.h"
#include "train/weight_average.h"

namespace adjoint {

/// Independent streams of a run's random numbers.
struct RunRandom {
    explicit RunRandom(std::uint64_t seed)
        : weights(seed, 1), order(seed, 2), noise(seed, 3), fixed_noise(seed, 4), between(seed, 5) {}

    Random weights;
    Random order;        ///< of the images; stream e for epoch e
    Random noise;        ///< stream t for step t
    Random fixed_noise;  ///< of what is tested and drawn after each epoch
    Random between;      ///< of points between images; stream t for step t
};

/// What a trainee is made from, and lives as long as.
struct TrainingSetup {
    const TrainingOptions& options;
    const Datasets& data;
    RunRandom random;
};

/// How good a model is.
struct Tested {
    Numbers metrics;
    std::string sentence;             ///< the same to read
    std::optional<double> loss = {};  ///< the one that falls as the model gets better, where there is one
    Tensor picture;                   ///< of what it does
};

/// An optimiser, and what the names of its parameters begin with in the whole model: "", "generator.".
struct NamedOptimizer {
    std::string prefix;
    Optimizer& optimizer;
};

/// A model in training, with its optimisers and, where the run asks for it, the average of its weights.
class Trainee {
  public:
    virtual ~Trainee() = default;

    /// Step t = 0, 1, … on a batch: the losses before it.
    virtual Numbers step(const Batch& batch, std::uint64_t t) = 0;
    /// How good the shown model is on the test images.
    virtual Tested test() const = 0;
    /// Whether a last batch that is smaller is left out.
    virtual bool drops_last() const { return false; }

    virtual std::vector<NamedOptimizer> optimizers() = 0;
    virtual const Module& model() const = 0;
    /// The average of the weights, or nothing.
    virtual const Module* average() const = 0;
    /// Takes in the weights after so many steps.
    virtual void follow() = 0;
    /// Goes on averaging after so many steps.
    virtual void resume_average(Index steps) = 0;

    /// All that it keeps from step to step: the model's states, average.NAME, optimizer.PREFIXm.NAME, ….
    NamedTensors memory();
    /// Takes up what memory() gave. Throws DataError where a tensor is missing or of another shape.
    void remember(const std::map<std::string, Tensor>& memory, Index steps);

    /// Sets the factor of all learning rates.
    void set_rate_factor(double factor);
    /// √Σ p² and √Σ g² of each parameter that took the last step, as weight_norm/NAME and gradient_norm/NAME.
    Numbers norms();
    /// Whether the last step followed finite gradients only.
    bool followed_finite_gradients();
};

/// A trainee whose model is Model(weights, options…).
template <class Model>
class TraineeOf : public Trainee {
  public:
    const Module& model() const override { return model_; }
    const Module* average() const override { return average_ ? &*average_ : nullptr; }
    void follow() override {
        if (averaging_) averaging_->update();
    }
    void resume_average(Index steps) override {
        if (averaging_) averaging_->resume(steps);
    }

  protected:
    template <class... Options>
    TraineeOf(const std::string& name, const TrainingSetup& setup, const Options&... options)
        : setup_(setup), model_(setup.random.weights, options...) {
        prepare(model_, name, setup.options);
        const double decay = setup.options.refinements.ema;
        if (decay == 0.0) return;
        average_.emplace(setup.random.weights, options...);
        averaging_.emplace(model_, *average_, decay);
    }
    /// The model to test and to draw with.
    const Model& shown() const { return average_ ? *average_ : model_; }

    const TrainingSetup setup_;
    const Model model_;

  private:
    std::optional<Model> average_;
    std::optional<WeightAverage> averaging_;
};

}  // namespace adjoint
