// What is a training run told, and how does each model take a step?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/random.h"
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/wgan_gp.h"
#include "train/dataset_choice.h"
#include "train/optimizers.h"
#include "train/requirement.h"
#include "train/run_directory.h"
#include "train/schedules.h"

namespace adjoint {

/// How a run is kept, watched and judged: nothing of it changes what is learned.
struct RunKeeping {
    std::filesystem::path out = {};
    bool force = false;                     ///< replace the run in `out`
    std::filesystem::path resume = {};      ///< the run to go on with, in place of a new one
    std::string settings = "";              ///< the text of the run's config.toml
    Index keep = 3;                         ///< checkpoints, beside the best
    Index save_steps = 0;                   ///< between checkpoints within an epoch; 0 for no such
    double save_minutes = 5.0;              ///< the same in time
    std::vector<Requirement> require = {};  ///< such as test_mse<=0.0091, at the end
    bool json = false;                      ///< print results as JSON
    bool tensorboard = false;               ///< write events for TensorBoard too
    bool dry_run = false;                   ///< take a few steps, foretell time and memory, write nothing
};

/// Everything that a training run is told.
struct TrainingOptions {
    DatasetOptions dataset = {};
    Index epochs = 5;
    Index batch_size = 128;
    double learning_rate = 1e-3;
    std::uint64_t seed = 1;
    Index max_steps = 0;             ///< stop after so many; 0 for none
    bool roll_back = false;          ///< when a number is not finite; else stop
    bool overfit_one_batch = false;  ///< train and test on the first batch alone
    Refinements refinements = {};
    std::optional<ImageModelOptions> sizes = {};  ///< of the model, where they can be chosen
    RunKeeping keeping = {};
};

/// How many steps a run takes: all of its epochs, or those up to --max-steps.
Index all_steps(const TrainingOptions& options, Index steps_an_epoch);

/// The schedule of a run of so many steps, warm-up included. That of "plateau" is constant: what the losses make of it is
/// a factor more.
Schedule schedule_of(const Refinements& refinements, Index steps);

/// The clipping that a run asks for.
GradientClipping clipping_of(const Refinements& refinements);

/// Gives the model of a new run the weights of the run or the file that it is to begin with, if any, and freezes what is
/// to stay.   Throws when they are of another model, or nothing has a name to freeze.
void prepare(const Module& model, const std::string& name, const TrainingOptions& options);

void train_autoencoder(const TrainingOptions& options);
void train_classifier(const TrainingOptions& options);
void train_dcgan(const TrainingOptions& options);
void train_vae(const TrainingOptions& options);
void train_wgan_gp(const TrainingOptions& options);

/// One step on images [N, H, W, C] in 0..1, to be made of what is seen of them: themselves, or a noisy copy; returns its
/// loss.
double autoencoder_step(const Autoencoder& model, Optimizer& optimizer, const Variable& seen, const Variable& images);

/// One step on images [N, 28, 28, 1] in 0..1 and their labels; returns its loss.
double classifier_step(const Classifier& model, Optimizer& optimizer, const Variable& images,
                       const std::vector<int>& labels);
/// The class of each row's largest logit, the first of equal ones.   Shapes: logits [N, classes].
std::vector<int> likeliest(const Tensor& logits);

/// The optimisers and losses of the two networks.
struct DcganOptimizers {
    explicit DcganOptimizers(const Dcgan& model, double learning_rate, const GradientClipping& clipping = {});

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

}  // namespace adjoint
