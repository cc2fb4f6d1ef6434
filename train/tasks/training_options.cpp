#include "train/tasks/training_options.h"

#include <algorithm>
#include <cmath>

#include "train/cli/validators.h"

namespace adjoint {
namespace {

struct NamedSchedule {
    std::string name, description;
    std::function<Schedule(Index steps)> over;
};
// The last is for tasks with one loss that falls as they get better.
const std::vector<NamedSchedule> schedules = {
    {"constant", "stays", [](Index) { return ConstantRate(); }},
    {"linear", "falls in a straight line to 0 at the end", [](Index steps) { return LinearDecay{.steps = steps}; }},
    {"cosine", "falls in half a wave to 0 at the end", [](Index steps) { return CosineDecay{.steps = steps}; }},
    {"exponential", "falls by the same factor each step, to 1/100 at the end",
     [](Index steps) { return ExponentialDecay{.factor = std::pow(0.01, 1.0 / static_cast<double>(steps))}; }},
    {"step", "falls to a tenth after each third of the run",
     [](Index steps) { return StepDecay{.every = (steps + 2) / 3}; }},
    {"one-cycle", "rises from 1/25 for 30 % of the run, then falls to almost 0",
     [](Index steps) { return OneCycle{.steps = steps}; }},
    {"plateau", "falls to a tenth when the test loss has not fallen for two epochs",
     [](Index) { return ConstantRate(); }}};

std::vector<NamedSchedule> schedules_for(const TaskSettings& settings) {
    return {schedules.begin(), schedules.end() - (settings.plateau ? 0 : 1)};
}

void add_learning_options(CLI::App& command, TrainingOptions& options, const TaskSettings& settings) {
    add_setting(command, "--epochs", options.epochs, "Passes over the training images", whole_number(1, 1'000'000));
    add_setting(command, "--batch-size", options.batch_size, "Images a step", whole_number(2, 60'000));
    add_setting(command, "--lr", options.learning_rate, "Adam's learning rate", positive_number());
    add_setting(command, "--seed", options.seed, "Of all random numbers: the same seed gives the same weights",
                seed_number());
    add_setting(command, "--max-steps", options.max_steps, "Stop after so many steps; 0 for none",
                whole_number(0, 1'000'000'000));
    command.add_flag("--overfit-one-batch", options.overfit_one_batch,
                     "Train and test on the first batch alone, which a sound model learns by heart");

    std::vector<std::string> names;
    for (const NamedSchedule& schedule : schedules_for(settings)) names.push_back(schedule.name);
    add_setting(command, "--schedule", options.schedule, "How the learning rate changes; see below",
                CLI::IsMember(names));
    add_setting(command, "--warmup", options.warm_up, "Steps in which the learning rate rises first; 0 for none",
                whole_number(0, 1'000'000'000));
    add_setting(command, "--clip-norm", options.clipping.norm, "Shorten gradients to this norm; 0 for never",
                number_from_zero());
    add_setting(command, "--clip-value", options.clipping.value, "Clip each element of a gradient; 0 for never",
                number_from_zero());
    add_setting(command, "--ema", options.ema, "Decay of an average of the weights, such as 0.999; 0 for none",
                number_below(1.0));
    command.add_option("--init", options.init, "Begin with the weights of the run in this directory, or of a file");
    command.add_option("--freeze", options.freeze, "Keep the parameters whose names begin so; may be given again")
        ->allow_extra_args(false);
}

void add_size_options(CLI::App& command, ImageModelOptions& sizes) {
    add_setting(command, "--image-size", sizes.image_size, "Height and width of images: 28, 32, 64 or 128",
                CLI::IsMember({28, 32, 64, 128}));
    add_setting(command, "--channels", sizes.channels, "1 for grey images, 3 for RGB", CLI::IsMember({1, 3}));
    add_setting(command, "--latent", sizes.latent, "How many numbers an image is made from", whole_number(1, 100'000));
    add_setting(command, "--width", sizes.width,
                "Channels of the layer nearest to the pixels; further in twice as many", whole_number(1, 4096));
}

void add_checkpoint_options(CLI::App& command, TrainingOptions& options) {
    add_setting(command, "--keep", options.keep, "How many checkpoints to keep, beside the best and the epoch's first",
                whole_number(1, 1'000'000));
    add_setting(command, "--save-steps", options.save_steps, "Steps between checkpoints within an epoch; 0 for none",
                whole_number(0, 1'000'000'000));
    add_setting(command, "--save-minutes", options.save_minutes, "Minutes between checkpoints within an epoch",
                positive_number());
    add_setting(command, "--on-nan", options.on_nan,
                "Where a number is not finite: stop, or rollback to halve the learning rate",
                CLI::IsMember({"stop", "rollback"}));
    command
        .add_option_function<std::vector<std::string>>(
            "--require",
            [&](const std::vector<std::string>& texts) {
                options.require = {texts.begin(), texts.end()};
            },
            "Leave with 3 unless \"test_mse<=0.0091\", say, holds at the end")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    command.add_flag("--tensorboard", options.tensorboard, "Write events for TensorBoard too, into tensorboard/");
}

// What is said of one call of the program, and is no setting of the run.
void add_call_options(CLI::App& command, TrainingOptions& options) {
    const auto add = [](CLI::Option* option) { option->configurable(false); };
    add(command.add_option("--config", "A TOML file of these settings; flags and ADJOINT_NAME go before it"));
    add(command.add_option("--resume", options.resume, "Go on with the run in this directory, with its own settings"));
    add(command.add_option("--out", options.out,
                           "Directory of the run; by default runs/" + command.get_name() + "-DATE-TIME"));
    add(command.add_flag("--force", options.force, "Replace the run that --out holds"));
    add(command.add_flag("--dry-run", options.dry_run,
                         "Print the settings, estimate time and memory from a few steps, write nothing"));
    add(command.add_flag("--json", options.json, "Print results as a line of JSON each"));
}

}  // namespace

const std::set<std::string> settings_that_may_change = {"data-dir",   "skip-bad",     "max-steps", "keep",
                                                        "save-steps", "save-minutes", "on-nan",    "require",
                                                        "epochs",     "tensorboard"};

void add_training_options(CLI::App& command, TrainingOptions& options, const TaskSettings& settings) {
    add_dataset_options(command, options.dataset);
    add_learning_options(command, options, settings);
    if (settings.sizes) add_size_options(command, options.sizes);
    if (settings.noise) {
        add_setting(command, "--noise", options.noise,
                    "Deviation of the noise in what is seen of images, which it learns to take away",
                    number_from_zero());
    }
    add_checkpoint_options(command, options);
    add_call_options(command, options);
}

std::string schedules_text(const TaskSettings& settings) {
    std::string text;
    for (const NamedSchedule& schedule : schedules_for(settings)) {
        text += fmt::format("\n  {:<12} {}", schedule.name, schedule.description);
    }
    return text;
}

Index all_steps(const TrainingOptions& options, Index steps_an_epoch) {
    const Index all = options.epochs * steps_an_epoch;
    return options.max_steps > 0 ? std::min(options.max_steps, all) : all;
}

Schedule schedule_of(const TrainingOptions& options, Index steps) {
    const auto named = std::ranges::find(schedules, options.schedule, &NamedSchedule::name);
    require(named != schedules.end(), "schedule_of: there is no such schedule; got {}", options.schedule);
    const Schedule schedule = named->over(std::max<Index>(1, steps - options.warm_up));
    return options.warm_up > 0 ? WarmUp{.steps = options.warm_up, .then = schedule} : schedule;
}

DatasetOptions fitting(DatasetOptions dataset, const ImageModelOptions& sizes) {
    dataset.image_size = sizes.image_size;
    dataset.channels = sizes.channels;
    return dataset;
}

}  // namespace adjoint
