// Training options: everything that a run is told, each setting declared once, as the flag that sets it.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "models/image_model.h"
#include "train/data/dataset_choice.h"
#include "train/optim/gradient_clipping.h"
#include "train/optim/optimizer_choice.h"
#include "train/optim/schedules.h"
#include "train/records/metrics.h"

namespace adjoint {

struct TrainingOptions {
    DatasetOptions dataset = {};
    Index epochs = 5;
    Index batch_size = 128;
    OptimizerChoice optimizer = {};
    double judges_learning_rate = 0.0;  ///< of a game's other network; 0 for the same
    std::uint64_t seed = 1;
    Index max_steps = 0;             ///< stop after so many; 0 for none
    bool overfit_one_batch = false;  ///< train and test on the first batch alone
    Index patience = 0;              ///< stop when the validation loss has not fallen for so many epochs; 0 for never
    Index log_steps = 0;             ///< from one point of the metrics to the next; 0 for some 200 an epoch
    std::string augment = "";        ///< changes of the training images, as Augmentation::parse takes them

    std::string schedule = "constant";  ///< of the learning rate: the name of one of `schedules`
    Index warm_up = 0;                  ///< steps in which the learning rate rises first
    GradientClipping clipping = {};
    std::string precision = "float32";     ///< or bf16: of the factors of convolutions and matrix products in a step
    double ema = 0.0;                      ///< decay of the average of the weights; 0 for none
    std::string init = "";                 ///< the run or file whose weights are the first ones; else random
    std::string convention = "";           ///< of names and layouts in that file, where it does not say
    std::vector<std::string> freeze = {};  ///< names of parameters, or what they begin with, that keep their values

    /// Of the model, where its user can choose them; image size and channels 0 for those that the images have.
    ImageModelOptions sizes = {.latent = 0, .width = 0};
    bool conditional = false;  ///< tell both networks of a game the class of each image
    double real_label = 1.0;   ///< the certainty with which a discriminator is told that real images are real
    Index scale = 2;           ///< by which small images are made larger
    Index classes = 10;        ///< that a classifier tells apart
    double noise = 0.0;        ///< deviation of that in what a denoising model sees of images

    Index keep = 3;                             ///< checkpoints, beside the best
    Index save_steps = 0;                       ///< between checkpoints within an epoch; 0 for no such
    double save_minutes = 5.0;                  ///< the same in time
    std::string on_nan = "stop";                ///< or rollback, where a number is not finite
    std::vector<MetricThreshold> require = {};  ///< such as test_mse<=0.0091, at the end
    bool tensorboard = false;                   ///< write events for TensorBoard too

    std::filesystem::path resume = {};  ///< the run to go on with, in place of a new one
    std::filesystem::path out = {};
    bool force = false;         ///< replace the run in `out`
    bool dry_run = false;       ///< take a few steps, estimate time and memory, write nothing
    bool json = false;          ///< print results as JSON
    std::string settings = "";  ///< the text of the run's config.toml
};

/// Which settings a task has beside those that all have.
struct TaskSettings {
    bool plateau = false;  ///< the schedule that waits for one loss to fall
    bool latent = false;   ///< how many numbers an image is made from
    bool width = false;
    bool upsampling = false;
    bool conditional = false;
    bool scale = false;  ///< by which small images are made larger
    bool tied = false;
    bool game = false;  ///< of two networks
    bool real_label = false;
    bool noise = false;
};

/// Declares the options of `train`, with the values that they have as defaults: flag, help, range and place of each.
/// The environment, configuration files and the record of a run know them from here.
void add_training_options(CLI::App& command, TrainingOptions& options, const TaskSettings& settings);

/// Declares --convention: whose names and layouts the weights in a file have.
void add_convention_option(CLI::App& command, std::string& convention, const std::string& file);

/// Those of them that say what the model is: its sizes, and ways to be made.
void add_model_options(CLI::App& command, TrainingOptions& options, const TaskSettings& settings);

/// Those as the text of a config.toml, with the sizes and classes that the images gave it.
std::string model_settings_text(const TrainingOptions& options, const TaskSettings& settings, const DataRecord& data);

/// The settings that may change when a run is resumed: they do not change what is learned, or not what was learned so
/// far.
extern const std::set<std::string> settings_that_may_change;

/// The schedules that a task can have, a line each.
std::string schedules_text(const TaskSettings& settings);

/// How many steps a run takes: all of its epochs, or those up to --max-steps.
Index all_steps(const TrainingOptions& options, Index steps_an_epoch);

/// The schedule of a run of so many steps, warm-up included. That of "plateau" is constant: what the losses make of it
/// is a factor more.
Schedule schedule_of(const TrainingOptions& options, Index steps);

/// The dataset's options, with what the others say of images and of their split.
DatasetOptions dataset_of(const TrainingOptions& options);

/// Gives the model the sizes that images of the dataset have, where they were left open.
void fit(TrainingOptions& options, const DataRecord& data);

}  // namespace adjoint
