// Training task: what a run trains: how it takes a step, how good it is, and what its model can do.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/batches.h"
#include "models/deconvnet.h"
#include "train/io/safetensors.h"
#include "train/optim/ema.h"
#include "train/optim/optimizers.h"
#include "train/records/metrics.h"
#include "train/tasks/training_options.h"

namespace adjoint {

struct TaskSpec;
class Findings;

/// Independent streams of a run's random numbers.
struct RunRandom {
    explicit RunRandom(std::uint64_t seed)
        : weights({.seed = seed, .stream = 1}),
          order({.seed = seed, .stream = 2}),
          noise({.seed = seed, .stream = 3}),
          fixed_noise({.seed = seed, .stream = 4}),
          between({.seed = seed, .stream = 5}),
          augmentation({.seed = seed, .stream = 7}),
          moments({.seed = seed, .stream = 8}) {}

    Random weights;
    Random order;        ///< of the images; stream e for epoch e
    Random noise;        ///< stream t for step t
    Random fixed_noise;  ///< of what is tested and drawn after each epoch
    Random between;      ///< of points between images; stream t for step t
    // Stream 6 chooses the images for validation.
    Random augmentation;  ///< stream e for epoch e
    Random moments;       ///< of the noise from which running moments are estimated
};

/// What a task is made from, and lives as long as.
struct TrainingSetup {
    const TaskSpec& task;
    const TrainingOptions& options;
    const Datasets& data;
    RunRandom random;
};

/// An image that was taken for another class.
struct Mistake {
    Index image;
    int label, taken_for;
    double probability;  ///< with which it was
};

/// How good a model is on some images.
struct Evaluation {
    Metrics metrics;                  ///< those that its TaskSpec declares
    std::string sentence;             ///< the same to read
    std::optional<double> loss = {};  ///< the one that falls as the model gets better, where there is one
    Tensor picture = {};              ///< of what it does
    std::vector<Mistake> mistakes = {};
};

/// An optimiser, and what the names of its parameters begin with in the whole model: "", "generator.".
struct NamedOptimizer {
    std::string prefix;
    Optimizer& optimizer;
};

/// A model in training, with its optimisers and, where the run asks for it, the moving average of its weights.
class TrainingTask {
  public:
    /// Makes the model, gives it the weights that the run is to begin with, if any, and freezes what is to stay.
    /// Throws when these weights are of another model, or nothing has a name to freeze.
    explicit TrainingTask(const TrainingSetup& setup);
    virtual ~TrainingTask() = default;

    /// Step t = 0, 1, … on a batch: the losses before it.
    virtual Metrics step(const Batch& batch, std::uint64_t t) = 0;
    /// How good evaluation_model() is on these images.
    virtual Evaluation evaluate(const std::shared_ptr<const Dataset>& images) const = 0;
    virtual std::vector<NamedOptimizer> optimizers() = 0;
    /// Whether a last batch that is smaller is left out.
    virtual bool drops_last() const { return false; }

    const TaskSpec& spec() const { return setup_.task; }
    const Module& model() const { return *model_; }
    /// The moving average of the weights, or nothing.
    const Module* average() const { return average_.get(); }
    /// The model to test and to draw with: the average where there is one.
    const Module& evaluation_model() const { return average_ ? *average_ : *model_; }
    /// Takes the weights after a step into the average.
    void update_ema();
    /// Makes the running moments of the average's batch normalisation those of its own weights, whose moments are
    /// others than those of the weights that change.
    void reestimate_moments();

    /// All that it keeps from step to step: the model's states, average.NAME, optimizer.PREFIXm.NAME, ….
    NamedTensors state_dict();
    /// Takes up what state_dict() gave after so many steps. Throws DataError where a tensor is missing or of another
    /// shape.
    void load_state_dict(const TensorsByName& states, Index steps);

    /// Sets the factor of all learning rates.
    void set_learning_rate_scale(double scale);
    /// √Σ p² and √Σ g² of each parameter that took the last step, as weight_norm/NAME and gradient_norm/NAME.
    Metrics norms();
    /// Whether every gradient of the last step was finite.
    bool gradients_were_finite();

  protected:
    /// Runs a model as in training on batch `number`, 0, 1, …: on training images, unless it is made for others.
    virtual void run_for_moments(const Module& model, Index number) const;
    /// So many training images, the first ones where number is 0.
    Batch batch_for_moments(Index number) const;

    const TrainingSetup setup_;

  private:
    std::unique_ptr<const Module> model_, average_;
    std::optional<ExponentialMovingAverage> ema_;
};

/// A task with one loss, which one optimiser makes smaller.
class OneOptimizerTask : public TrainingTask {
  public:
    explicit OneOptimizerTask(const TrainingSetup& setup);
    std::vector<NamedOptimizer> optimizers() override { return {{"", *optimizer_}}; }

  protected:
    const std::unique_ptr<Optimizer> optimizer_;
};

/// A network of a model, and an input to show what it does to shapes.
struct NetworkInput {
    std::string name;
    const Module* network;
    Variable input;
};

/// A step on random images, to be timed again and again.
struct Benchmark {
    std::string name;
    Index batch;                                       ///< how many images it has where no other number is asked for
    std::function<std::function<void()>(Index)> make;  ///< of so many images
    std::string note = "";                             ///< what is special about it
};

/// Settings under a name, each of which flags, the environment and a configuration file change.
struct Recipe {
    std::string name;
    std::string description;
    std::vector<std::pair<std::string, std::string>> settings;  ///< names of options and their values
};

/// What can be trained, and what the commands can do with its model. What it cannot do stays empty.
struct TaskSpec {
    std::string name = "";
    std::string description = "";
    TrainingOptions defaults = {};
    TaskSettings settings = {};
    std::vector<Recipe> recipes = {};       ///< other settings to choose from than the defaults
    std::vector<std::string> metrics = {};  ///< names of those of its evaluation, in order
    std::string caption = "";               ///< of the picture that its evaluation makes
    std::string by_heart = "";  ///< what its metrics are when it knows a batch by heart, such as accuracy>=1

    std::function<std::unique_ptr<Module>(const Random&, const TrainingOptions&)> make_model = {};
    std::function<std::unique_ptr<TrainingTask>(const TrainingSetup&)> make_task = {};

    /// Its networks, by default the model itself on an image.
    std::function<std::vector<NetworkInput>(const Module&, const ImageModelOptions&)> networks = {};
    /// The convolutions that look at images, and whether they take these in −1..1.
    std::function<std::vector<ConvolutionalStage>(const Module&)> stages = {};
    bool symmetric = false;

    using Function = std::function<Variable(const Module&, const Variable&)>;
    Function draw = {};           ///< noise [N, 1, 1, latent] to images [N, H, W, C] in 0..1
    Function encode = {};         ///< images to codes [N, latent]
    std::string codes = "codes";  ///< what these are
    Function decode = {};         ///< codes to the logits of pixels
    bool classifies = false;      ///< the model itself makes logits [N, classes] of images
    Function features = {};       ///< images to what a classifier decides by
    Function classify = {};       ///< features to logits [N, classes]
    bool masked = false;          ///< its images have masks
    /// Measures the model on images, for `adjoint evaluate`.
    std::function<void(const Module&, const std::shared_ptr<const Dataset>&, Findings&)> measure = {};

    std::vector<Benchmark> benchmarks = {};
};

/// Makes a T from a setup, as TaskSpec::make_task wants it.
template <class T>
std::unique_ptr<TrainingTask> make_task(const TrainingSetup& setup) {
    return std::make_unique<T>(setup);
}

/// The model as what it is.
template <class Model>
const Model& as(const Module& model) {
    return dynamic_cast<const Model&>(model);
}

/// A black image [1, H, W, C].
inline Variable one_image(const ImageModelOptions& sizes) {
    return Tensor::zeros({1, sizes.image_size, sizes.image_size, sizes.channels});
}

/// The labels of a batch [N], as divided as its images are.
Tensor labels_of(const Batch& batch);
/// The part of a whole batch that this process has.
Batch divided(const Batch& whole);

/// The class of each of so many images, 0, 1, …, classes − 1 and round again, each for so many in a row: [count]. All 0
/// where there are no classes.
Tensor classes_in_turn(Index count, Index classes, Index in_a_row = 1);

constexpr Index sample_columns = 12, sample_count = 96;  ///< of the pictures that most tasks' tests make

/// Warns where another tool has changed a file of weights.
void warn_of_changes(const std::filesystem::path& file, Origin origin);

/// The networks of a model of a task, each with an input.
std::vector<NetworkInput> networks_of(const TaskSpec& task, const Module& model, const ImageModelOptions& sizes);

}  // namespace adjoint
