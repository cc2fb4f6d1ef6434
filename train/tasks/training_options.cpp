#include "train/tasks/training_options.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <sstream>

#include "datasets/augmentation.h"
#include "train/cli/validators.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

struct NamedSchedule {
    std::string name, description;
    std::function<Schedule(Index steps)> over;
};
// The last is for tasks with one loss that falls as they get better.
const std::vector<NamedSchedule> schedules = {
    {"constant", "stays", [](Index) { return ConstantRate(); }},
    {"linear", "falls linearly to 0 at the end", [](Index steps) { return LinearDecay{.steps = steps}; }},
    {"cosine", "falls along half a cosine to 0 at the end", [](Index steps) { return CosineDecay{.steps = steps}; }},
    {"exponential", "falls by the same factor each step, to 1/100 at the end",
     [](Index steps) { return ExponentialDecay{.factor = std::pow(0.01, 1.0 / static_cast<double>(steps))}; }},
    {"step", "falls to a tenth after each third of the run",
     [](Index steps) { return StepDecay{.every = (steps + 2) / 3}; }},
    {"one-cycle", "rises from 1/25 for 30 % of the run, then falls to almost 0",
     [](Index steps) { return OneCycle{.steps = steps}; }},
    {"plateau", "falls to a tenth when the validation loss has not fallen for two epochs",
     [](Index) { return ConstantRate(); }}};

std::vector<NamedSchedule> schedules_for(const TaskSettings& settings) {
    return {schedules.begin(), schedules.end() - (settings.plateau ? 0 : 1)};
}

std::string refuse_validation(const std::string& text) {
    if (parse_fraction(text) || std::filesystem::is_directory(text)) return "";
    return fmt::format("must be a part from 0 to below 1, such as 1/12, or a folder of images; got {}", text);
}

std::string refuse_augmentation(const std::string& text) {
    try {
        Augmentation::parse(text);
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

void add_learning_options(CLI::App& command, TrainingOptions& options, const TaskSettings& settings) {
    add_setting(command, "--epochs", options.epochs, "Passes over the training images", whole_number(1, 1'000'000));
    add_setting(command, "--batch-size", options.batch_size, "Images per step", whole_number(2, 60'000));
    add_setting(command, "--optimizer", options.optimizer.name, "Optimiser",
                one_of({optimizer_names.begin(), optimizer_names.end()}));
    add_setting(command, "--lr", options.optimizer.learning_rate, "Learning rate", positive_number());
    if (settings.game) {
        add_setting(command, "--lr-discriminator", options.judges_learning_rate,
                    "Learning rate of the discriminator or critic; 0 for the same", number_from_zero());
    }
    add_setting(command, "--momentum", options.optimizer.momentum, "Momentum of SGD and RMSprop", number_below(1.0));
    add_setting(command, "--beta1", options.optimizer.beta1, "Decay of the mean gradient in Adam and AdamW",
                number_below(1.0));
    add_setting(command, "--weight-decay", options.optimizer.weight_decay,
                "Weight decay: L2 in the gradient, or decoupled from it in AdamW", number_from_zero());
    add_setting(command, "--seed", options.seed, "Random seed: the same seed gives the same weights", seed_number());
    add_setting(command, "--max-steps", options.max_steps, "Stop after this many steps; 0 for no limit",
                whole_number(0, 1'000'000'000));
    command.add_flag("--overfit-one-batch", options.overfit_one_batch,
                     "Train and test on the first batch alone until it is learned by heart: a sanity check");
    add_setting(command, "--validation", options.dataset.validation,
                "Part of the training images, or folder of others, whose loss decides which weights are best",
                CLI::Validator(refuse_validation, "FRACTION|DIR"));
    if (settings.plateau)
        add_setting(command, "--patience", options.patience,
                    "Stop when the validation loss has not fallen for so many epochs; 0 for never",
                    whole_number(0, 1'000'000));
    add_setting(command, "--log-steps", options.log_steps,
                "Steps from one point of the metrics to the next; 0 for some 200 points an epoch",
                whole_number(0, 1'000'000'000));
    command
        .add_option("--augment", options.augment,
                    "Changes of the training images, such as shift,flip,rotate,brightness")
        ->check(refuse_augmentation, "KIND,…");

    std::vector<std::string> names;
    for (const NamedSchedule& schedule : schedules_for(settings)) names.push_back(schedule.name);
    add_setting(command, "--schedule", options.schedule, "Learning-rate schedule; see below", one_of(names));
    add_setting(command, "--warmup", options.warm_up, "Steps of linear learning-rate warm-up; 0 for none",
                whole_number(0, 1'000'000'000));
    add_setting(command, "--clip-norm", options.clipping.norm,
                "Clip the norm of all gradients together to this; 0 for no clipping", number_from_zero());
    add_setting(command, "--clip-value", options.clipping.value,
                "Clip each element of a gradient to ± this value; 0 for no clipping", number_from_zero());
    add_setting(command, "--precision", options.precision,
                "What a step rounds the factors of convolutions and matrix products to; the rest stays float32",
                one_of({"float32", "bf16"}));
    add_setting(command, "--ema", options.ema,
                "Decay of the exponential moving average of the weights, such as 0.999; 0 for none", number_below(1.0));
    command.add_option("--init", options.init,
                       "Initial weights: the directory of a run, or a file of those that fit, also as PyTorch has "
                       "them; by default random");
    add_convention_option(command, options.convention, "the file of --init");
    command
        .add_option("--freeze", options.freeze,
                    "Freeze the parameters with this name or prefix, such as encoder; may be given again")
        ->allow_extra_args(false);
}

// An option for one of these numbers, or for "auto", which stands for 0.
void add_auto_option(CLI::App& command, const char* name, Index& place, const char* help,
                     const std::vector<std::string>& numbers) {
    const auto refuse = [numbers](const std::string& text) -> std::string {
        if (text == "auto" || std::ranges::find(numbers, text) != numbers.end()) return "";
        return fmt::format("must be auto or one of {}; got {}", fmt::join(numbers, ", "), text);
    };
    command
        .add_option_function<std::string>(
            name, [&place](const std::string& text) { place = text == "auto" ? 0 : std::stoll(text); }, help)
        ->check(CLI::Validator(refuse, ""))
        ->type_name(fmt::format("auto|{}", fmt::join(numbers, "|")))
        ->default_str("auto");
}

void add_upsampling_options(CLI::App& command, UpsamplingOptions& upsampling) {
    static const std::vector<std::string> kinds = {"transposed", "resize", "shuffle", "unpool"};  // as Upsampling has
    command
        .add_option_function<std::string>(
            "--upsample",
            [&upsampling](const std::string& kind) {
                upsampling.kind = static_cast<Upsampling>(std::ranges::find(kinds, kind) - kinds.begin());
            },
            "How layers make images larger: a transposed convolution; or a convolution after a resize, before a pixel "
            "shuffle, or after each pixel was put into the corner of a block")
        ->check(one_of(kinds))
        ->type_name(fmt::format("{}", fmt::join(kinds, "|")))
        ->default_str(kinds.front());
    command.add_flag("--smooth-start", upsampling.smooth_start,
                     "Begin transposed convolutions as bilinear interpolation, shuffles with blocks of one colour");
}

void add_checkpoint_options(CLI::App& command, TrainingOptions& options) {
    add_setting(command, "--keep", options.keep, "Checkpoints to keep, beside the best and that of the epoch's start",
                whole_number(1, 1'000'000));
    add_setting(command, "--save-steps", options.save_steps, "Steps between checkpoints within an epoch; 0 for none",
                whole_number(0, 1'000'000'000));
    add_setting(command, "--save-minutes", options.save_minutes, "Minutes between checkpoints within an epoch",
                positive_number());
    add_setting(command, "--on-nan", options.on_nan,
                "On a NaN or infinity: stop, or rollback to the epoch's start and halve the learning rate",
                one_of({"stop", "rollback"}));
    command
        .add_option_function<std::vector<std::string>>(
            "--require",
            [&](const std::vector<std::string>& texts) {
                options.require = {texts.begin(), texts.end()};
            },
            "Exit with status 3 unless this holds at the end, such as \"test_mse<=0.0091\"; may be given again")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    command.add_flag("--tensorboard", options.tensorboard,
                     "Write TensorBoard events too, into tensorboard/ in the run");
}

// What is said of one call of the program, and is no setting of the run.
void add_call_options(CLI::App& command, TrainingOptions& options) {
    const auto add = [](CLI::Option* option) { option->configurable(false); };
    add(command.add_option("--config", "TOML file of settings; flags and variables such as ADJOINT_LR override it")
            ->type_name("TEXT"));
    add(command.add_option("--resume", options.resume, "Resume the run in this directory, with its own settings"));
    add(command.add_option("--out", options.out,
                           "Directory of the run; by default runs/" + command.get_name() + "-DATE-TIME"));
    add(command.add_flag("--force", options.force, "Replace the run that --out holds"));
    add(command.add_flag("--dry-run", options.dry_run,
                         "Print the settings, estimate time and memory from a few steps, write nothing"));
    add(command.add_flag("--json", options.json, "Print results as lines of JSON"));
}

}  // namespace

const std::set<std::string> settings_that_may_change = {
    "dataset",      "masks",  "data-dir", "skip-bad", "max-steps",   "keep",    "save-steps",
    "save-minutes", "on-nan", "require",  "epochs",   "tensorboard", "patience"};

void add_training_options(CLI::App& command, TrainingOptions& options, const TaskSettings& settings) {
    add_dataset_options(command, options.dataset);
    add_learning_options(command, options, settings);
    add_model_options(command, options, settings);
    if (settings.real_label) {
        add_setting(command, "--real-label", options.real_label,
                    "What the discriminator is told of real images: 1 for real, or a little less",
                    number_between(0.5, 1.0));
    }
    if (settings.noise) {
        add_setting(command, "--noise", options.noise,
                    "Standard deviation of the Gaussian noise added to input images, which the model learns to remove",
                    number_from_zero());
    }
    add_checkpoint_options(command, options);
    add_call_options(command, options);
}

void add_convention_option(CLI::App& command, std::string& convention, const std::string& file) {
    command
        .add_option("--convention", convention,
                    "Whose names and layouts the weights in " + file + " have, where the file does not decide it")
        ->check(one_of({"adjoint", "pytorch", "keras"}));
}

void add_model_options(CLI::App& command, TrainingOptions& options, const TaskSettings& settings) {
    add_auto_option(command, "--image-size", options.sizes.image_size,
                    "Height and width to which the images of a folder are cut and resized", {"28", "32", "64", "128"});
    add_auto_option(command, "--channels", options.sizes.channels, "1 for grey images, 3 for RGB", {"1", "3"});
    if (settings.latent) {
        add_setting(command, "--latent", options.sizes.latent, "Latent size: numbers an image is made from",
                    whole_number(1, 100'000));
    }
    if (settings.width) {
        add_setting(command, "--width", options.sizes.width,
                    "Channels of the layer nearest to the pixels; each layer further in has twice as many",
                    whole_number(1, 4096));
    }
    if (settings.scale) {
        add_setting(command, "--scale", options.scale, "How many times larger images are made", whole_number(2, 4));
    }
    if (settings.upsampling) add_upsampling_options(command, options.sizes.upsampling);
    if (settings.conditional) {
        command.add_flag("--conditional", options.conditional,
                         "Tell both networks the class of each image, so that sample --class can choose");
    }
    if (settings.tied) {
        command.add_flag("--tied", options.sizes.tied,
                         "Run the encoder's own filters backward in the decoder, in place of filters of its own");
    }
}

std::string model_settings_text(const TrainingOptions& options, const TaskSettings& settings, const DataRecord& data) {
    CLI::App declared;
    TrainingOptions unused;
    add_model_options(declared, unused, settings);
    std::istringstream lines(options.settings);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(0, line.find(" = "));
        const bool of_images = name == "image-size" || name == "channels";
        if (!of_images && declared.get_option_no_throw("--" + name) != nullptr) text += line + "\n";
    }
    text += fmt::format("image-size = {}\nchannels = {}\n", options.sizes.image_size, options.sizes.channels);
    // A list of texts is the same in JSON and TOML.
    return data.classes.empty() ? text : text + "classes = " + text_of_json(nlohmann::json(data.classes)) + "\n";
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

DatasetOptions dataset_of(const TrainingOptions& options) {
    DatasetOptions dataset = options.dataset;
    dataset.image_size = options.sizes.image_size;
    dataset.channels = options.sizes.channels;
    dataset.seed = options.seed;
    return dataset;
}

void fit(TrainingOptions& options, const DataRecord& data) {
    ImageModelOptions& sizes = options.sizes;
    const Shape images = data.image_shape.empty() ? Shape{28, 28, 1} : data.image_shape;
    if (sizes.image_size == 0) sizes.image_size = images[0];
    if (sizes.channels == 0) sizes.channels = images[2];
    if (!data.classes.empty()) options.classes = std::ssize(data.classes);
    if (options.conditional) sizes.told_classes = options.classes;
}

}  // namespace adjoint
