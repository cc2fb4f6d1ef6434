// `adjoint train MODEL`: which options does training have?
#include <limits>

#include "train/commands.h"
#include "train/settings.h"
#include "train/training.h"
#include "train/validators.h"

namespace adjoint {
namespace {

struct NamedSchedule {
    std::string name, description;
};
const std::vector<NamedSchedule> schedules = {
    {"constant", "stays"},
    {"linear", "falls in a straight line to 0 at the end"},
    {"cosine", "falls in half a wave to 0 at the end"},
    {"exponential", "falls by the same factor each step, to 1/100 at the end"},
    {"step", "falls to a tenth after each third of the run"},
    {"one-cycle", "rises from 1/25 for 30 % of the run, then falls to almost 0"}};
// For models with one loss that falls as they get better.
const NamedSchedule plateau = {"plateau", "falls to a tenth when the test loss has not fallen for two epochs"};

constexpr double no_limit = std::numeric_limits<double>::infinity();

void add_refinements(CLI::App& command, Refinements& refinements, const std::vector<NamedSchedule>& possible) {
    std::vector<std::string> names;
    for (const NamedSchedule& schedule : possible) names.push_back(schedule.name);
    command.add_option("--schedule", refinements.schedule, "How the learning rate changes; see below")
        ->check(CLI::IsMember(names))
        ->capture_default_str();
    command.add_option("--warmup", refinements.warm_up, "Steps in which the learning rate rises first; 0 for none")
        ->check(whole_number(0, 1'000'000'000))
        ->capture_default_str();
    command.add_option("--clip-norm", refinements.clip_norm, "Shorten gradients to this norm; 0 for never")
        ->check(number_below(no_limit))
        ->capture_default_str();
    command.add_option("--clip-value", refinements.clip_value, "Clip each element of a gradient; 0 for never")
        ->check(number_below(no_limit))
        ->capture_default_str();
    command.add_option("--ema", refinements.ema, "Decay of an average of the weights, such as 0.999; 0 for none")
        ->check(number_below(1.0))
        ->capture_default_str();
    command.add_option("--init", refinements.init, "Begin with the weights of the run in this directory, or of a file");
    command.add_option("--freeze", refinements.freeze, "Keep the parameters whose names begin so; may be given again")
        ->allow_extra_args(false);
}

void add_sizes(CLI::App& command, ImageModelOptions& sizes) {
    command.add_option("--image-size", sizes.image_size, "Height and width of images: 28, 32, 64 or 128")
        ->check(CLI::IsMember({28, 32, 64, 128}))
        ->capture_default_str();
    command.add_option("--channels", sizes.channels, "1 for grey images, 3 for RGB")
        ->check(CLI::IsMember({1, 3}))
        ->capture_default_str();
    command.add_option("--latent", sizes.latent, "How many numbers an image is made from")
        ->check(whole_number(1, 100'000))
        ->capture_default_str();
    command.add_option("--width", sizes.width, "Channels of the layer nearest to the pixels; further in twice as many")
        ->check(whole_number(1, 4096))
        ->capture_default_str();
}

std::string footer_of(const std::string& model, const std::vector<NamedSchedule>& possible) {
    std::string footer = fmt::format(
        "Examples:\n"
        "  adjoint train {0}\n"
        "  adjoint train {0} --dataset mnist --data-dir ~/mnist --epochs 10 --out runs/first\n"
        "  adjoint train {0} --resume runs/first\n"
        "After each epoch the test losses are printed and a picture is written to samples/ in the run; its\n"
        "report.html shows how far it has come. Ctrl-C saves a checkpoint and leaves; --resume goes on from the\n"
        "last one, and ends as if nothing had happened. With --ema losses and pictures are those of the averaged\n"
        "weights, which the run keeps too, in average.safetensors. The environment sets --batch-size by\n"
        "ADJOINT_BATCH_SIZE, and the others likewise.\n"
        "Schedules; the learning rate",
        model);
    for (const NamedSchedule& schedule : possible) {
        footer += fmt::format("\n  {:<12} {}", schedule.name, schedule.description);
    }
    return footer;
}

void add_noise(CLI::App& command, double& noise) {
    command
        .add_option("--noise", noise, "Deviation of the noise in what is seen of images, which it learns to take away")
        ->check(number_below(no_limit))
        ->capture_default_str();
}

// Those that do not change what is learned, or not what was learned so far.
const std::set<std::string> may_change = {"data-dir",     "skip-bad", "max-steps", "keep",   "save-steps",
                                          "save-minutes", "on-nan",   "require",   "epochs", "tensorboard"};

void add_keeping(CLI::App& command, TrainingOptions& options) {
    RunKeeping& keeping = options.keeping;
    command.add_option("--keep", keeping.keep, "How many checkpoints to keep, beside the best and the epoch's first")
        ->check(whole_number(1, 1'000'000))
        ->capture_default_str();
    command.add_option("--save-steps", keeping.save_steps, "Steps between checkpoints within an epoch; 0 for none")
        ->check(whole_number(0, 1'000'000'000))
        ->capture_default_str();
    command.add_option("--save-minutes", keeping.save_minutes, "Minutes between checkpoints within an epoch")
        ->check(positive_number())
        ->capture_default_str();
    command.add_option("--on-nan", "Where a number is not finite: stop, or rollback to halve the learning rate")
        ->check(CLI::IsMember({"stop", "rollback"}))
        ->default_str("stop")
        ->each([&options](const std::string& what) { options.roll_back = what == "rollback"; });
    command.add_option("--require", "Leave with 3 unless \"test_mse<=0.0091\", say, holds at the end")
        ->each([](const std::string& text) { Requirement{text}; })
        ->type_name("TEXT")
        ->take_all()
        ->allow_extra_args(false);
    command.add_flag("--tensorboard", keeping.tensorboard, "Write events for TensorBoard too, into tensorboard/");
    command.add_option("--config", "A TOML file of these settings; flags and ADJOINT_NAME go before it")
        ->configurable(false);
    command.add_option("--resume", keeping.resume, "Go on with the run in this directory, with its own settings")
        ->configurable(false);
    command
        .add_option("--out", keeping.out, "Directory of the run; by default runs/" + command.get_name() + "-DATE-TIME")
        ->configurable(false);
    command.add_flag("--force", keeping.force, "Replace the run that --out holds")->configurable(false);
    command
        .add_flag("--dry-run", keeping.dry_run,
                  "Print the settings, foretell time and memory from a few steps, write nothing")
        ->configurable(false);
    command.add_flag("--json", keeping.json, "Print results as a line of JSON each")->configurable(false);
}

// The settings that the flags left open, from the run or the file.
void complete(CLI::App& command, TrainingOptions& options) {
    const CLI::Option& config = *command.get_option("--config");
    RunKeeping& keeping = options.keeping;
    if (!keeping.resume.empty()) {
        for (const char* other : {"--config", "--out", "--force"}) {
            require(command.get_option(other)->count() == 0,
                    "--resume: has the settings and the place of its run; got {} too", other);
        }
        const RunDirectory run = RunDirectory::open(keeping.resume);
        require<DataError>(run.config().model == command.get_name(), "{}: must be a run of {}; got one of {}",
                           keeping.resume.string(), command.get_name(), run.config().model);
        resume_settings(command, run.settings(), may_change);
        const std::string& schedule = options.refinements.schedule;
        require<DataError>(options.epochs == run.config().epochs || schedule == "constant" || schedule == "plateau",
                           "{}: --epochs must stay {}, as the {} schedule depends on it; got {}",
                           keeping.resume.string(), run.config().epochs, schedule, options.epochs);
    } else if (config.count() > 0) {
        read_settings(command, config.as<std::string>());
    }
    for (const std::string& text : command.get_option("--require")->results()) keeping.require.emplace_back(text);
    keeping.settings = settings_text(command);
}

void add_model(CLI::App& train, const std::string& name, const std::string& description, TrainingOptions defaults,
               const std::vector<NamedSchedule>& possible, void (*run)(const TrainingOptions&)) {
    CLI::App* const command = train.add_subcommand(name, description);
    const auto options = std::make_shared<TrainingOptions>(std::move(defaults));
    add_dataset_options(*command, options->dataset);
    command->add_option("--epochs", options->epochs, "Passes over the training images")
        ->check(whole_number(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--batch-size", options->batch_size, "Images a step")
        ->check(whole_number(2, 60'000))
        ->capture_default_str();
    command->add_option("--lr", options->learning_rate, "Adam's learning rate")
        ->check(positive_number())
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of all random numbers: the same seed gives the same weights")
        ->check(seed_number())
        ->capture_default_str();
    command->add_option("--max-steps", options->max_steps, "Stop after so many steps; 0 for none")
        ->check(whole_number(0, 1'000'000'000))
        ->capture_default_str();
    command->add_flag("--overfit-one-batch", options->overfit_one_batch,
                      "Train and test on the first batch alone, which a sound model learns by heart");
    add_refinements(*command, options->refinements, possible);
    if (options->sizes) add_sizes(*command, *options->sizes);
    if (name == "autoencoder") add_noise(*command, options->refinements.noise);
    add_keeping(*command, *options);
    read_environment(*command);
    command->get_option("--data-dir")->envname("");  // open_datasets reads it, as one place among others
    command->footer(footer_of(name, possible));
    command->callback([command, options, run] {
        complete(*command, *options);
        if (const auto& sizes = options->sizes) {
            options->dataset.image_size = sizes->image_size;
            options->dataset.channels = sizes->channels;
        }
        run(*options);
    });
}

}  // namespace

void add_train_commands(CLI::App& app) {
    CLI::App* const train = app.add_subcommand("train", "Train a model on digits or a folder of images");
    train->require_subcommand(1);
    train->footer("adjoint train MODEL --help says more.");
    std::vector<NamedSchedule> with_plateau = schedules;
    with_plateau.push_back(plateau);
    add_model(*train, "autoencoder", "Squeeze digits into sixteen numbers and draw them again",
              {.epochs = 5, .batch_size = 128, .learning_rate = 1e-3, .sizes = autoencoder_options}, with_plateau,
              train_autoencoder);
    add_model(*train, "vae", "Learn what codes digits have, so that new ones can be drawn from noise",
              {.epochs = 5, .batch_size = 128, .learning_rate = 1e-3, .sizes = autoencoder_options}, with_plateau,
              train_vae);
    add_model(*train, "classifier", "Tell the ten digits apart",
              {.epochs = 5, .batch_size = 128, .learning_rate = 1e-3, .refinements = {.schedule = "cosine"}},
              with_plateau, train_classifier);
    // The rate falls in a straight line to 0, so that it can begin at five times the paper's 2e-4 and the two networks
    // still settle: on MNIST the samples of five epochs come much nearer to real digits.
    add_model(*train, "dcgan", "Draw new digits, by a game of two networks",
              {.epochs = 5,
               .batch_size = 64,
               .learning_rate = 1e-3,
               .refinements = {.schedule = "linear"},
               .sizes = dcgan_options},
              schedules, train_dcgan);
    add_model(*train, "wgan-gp", "Draw new digits, by a game for the Wasserstein distance",
              {.epochs = 5, .batch_size = 32, .learning_rate = 5e-4}, schedules, train_wgan_gp);
}

}  // namespace adjoint
