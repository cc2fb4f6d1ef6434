// What do all training runs share?
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "framework/random.h"
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/wgan_gp.h"
#include "train/optimizers.h"
#include "train/run_directory.h"
#include "train/schedules.h"
#include "train/weight_average.h"

namespace adjoint {

/// Everything that a training run is told.
struct TrainingOptions {
    DatasetOptions dataset = {};
    int epochs = 5;
    Index batch_size = 128;
    double learning_rate = 1e-3;
    std::uint64_t seed = 1;
    int max_steps = 0;  ///< stop after so many; 0 for none
    std::filesystem::path out = {};
    bool force = false;
    Refinements refinements = {};
    std::optional<ImageModelOptions> sizes = {};  ///< of the model, where they can be chosen
};

/// The schedule of a run of so many steps, warm-up included. That of "plateau" is constant: what the losses make of it is
/// a factor more.
Schedule schedule_of(const Refinements& refinements, Index steps);

/// The clipping that a run asks for.
GradientClipping clipping_of(const Refinements& refinements);

/// Gives the model the weights of the run that it is to begin with, if any, and freezes what is to stay.
/// Throws when that run is of another model, or nothing has a name to freeze.
void prepare(const Module& model, const std::string& name, const Refinements& refinements);

/// Independent streams of a run's random numbers.
struct RunRandom {
    explicit RunRandom(std::uint64_t seed)
        : weights(seed, 1), order(seed, 2), noise(seed, 3), fixed_noise(seed, 4), between(seed, 5) {}

    Random weights;
    Random order;        ///< of the images; stream e for epoch e
    Random noise;        ///< stream t for step t
    Random fixed_noise;  ///< of the samples that show progress
    Random between;      ///< of points between images; stream t for step t
};

/// Makes the run's directory.
RunDirectory start_run(const std::string& model, const std::string& dataset, const TrainingOptions& options);

/// A model in training and, where the run asks for it, the average of its weights.
template <class Model>
class TrainedModel {
  public:
    /// The model is Model(weights, options…).
    template <class... Options>
    TrainedModel(const std::string& name, const Random& weights, const Refinements& refinements,
                 const Options&... options)
        : model(weights, options...), average_(weights, options...) {
        prepare(model, name, refinements);
        if (refinements.ema > 0.0) averaging_.emplace(model, average_, refinements.ema);
    }
    /// After each step.
    void follow() {
        if (averaging_) averaging_->update();
    }
    /// The model to test and to draw with.
    const Model& shown() const { return averaging_ ? average_ : model; }

    void save(const RunDirectory& run) const {
        run.save_weights(model.states());
        if (averaging_) run.save_average(average_.states());
    }

    const Model model;

  private:
    const Model average_;
    std::optional<WeightAverage> averaging_;
};

void train_autoencoder(const TrainingOptions& options);
void train_classifier(const TrainingOptions& options);
void train_dcgan(const TrainingOptions& options);
void train_wgan_gp(const TrainingOptions& options);

/// One step on images [N, 28, 28, 1] in 0..1; returns its loss.
double autoencoder_step(const Autoencoder& model, Optimizer& optimizer, const Variable& images);

/// One step on images [N, 28, 28, 1] in 0..1 and their labels; returns its loss.
double classifier_step(const Classifier& model, Optimizer& optimizer, const Variable& images,
                       const std::vector<int>& labels);
/// The class of each row's largest logit, the first of equal ones.   Shapes: logits [N, classes].
std::vector<int> likeliest(const Tensor& logits);

/// The optimisers and losses of the two networks.
struct DcganOptimizers {
    explicit DcganOptimizers(const Dcgan& model, double learning_rate, const GradientClipping& clipping = {});
    void set_rate_factor(double factor) { generator.rate_factor = discriminator.rate_factor = factor; }

    Adam generator;
    Adam discriminator;
};
struct DcganLosses {
    double generator;
    double discriminator;
};
/// One step of both networks on images [N, 28, 28, 1] in −1..1 and noise [N, 1, 1, 100].
DcganLosses dcgan_step(const Dcgan& model, DcganOptimizers& optimizers, const Variable& images, const Variable& noise);

/// The optimisers of the Wasserstein game's two networks.
struct WganGpOptimizers {
    explicit WganGpOptimizers(const WganGp& model, double learning_rate, const GradientClipping& clipping = {});
    void set_rate_factor(double factor) { generator.rate_factor = critic.rate_factor = factor; }

    Adam generator;
    Adam critic;
};
struct CriticLosses {
    double distance;  ///< the critic's estimate of the Wasserstein distance: its loss, negated
    double penalty;
};
/// One step of the critic on real and drawn images [N, 28, 28, 1] in −1..1; `between` chooses points between them.
CriticLosses wgan_gp_critic_step(const WganGp& model, WganGpOptimizers& optimizers, const Variable& images,
                                 const Variable& fakes, const Random& between);
/// One step of the generator on noise [N, 1, 1, 100]; returns its loss.
double wgan_gp_generator_step(const WganGp& model, WganGpOptimizers& optimizers, const Variable& noise);

/// Counts the steps of a run up to its limit.
class StepCounter {
  public:
    explicit StepCounter(int most) : most_(most) {}
    bool reached() const { return most_ > 0 && steps_ >= most_; }
    void count() { ++steps_; }
    std::uint64_t steps() const { return static_cast<std::uint64_t>(steps_); }

  private:
    int most_;
    int steps_ = 0;
};

/// Says now and then how an epoch goes: step, losses, images a second.
class Progress {
  public:
    Progress(int epoch, int epochs, Index steps) : epoch_(epoch), epochs_(epochs), steps_(steps) {}

    /// One step is done on so many images, with these losses in words.
    void step(Index images, const std::string& losses);
    double images_per_second() const;

  private:
    using Clock = std::chrono::steady_clock;

    int epoch_;
    int epochs_;
    Index steps_;
    Index done_ = 0;
    Index images_ = 0;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point last_ = begin_;  // when the last step was done
    Clock::time_point said_ = begin_;
};

}  // namespace adjoint
