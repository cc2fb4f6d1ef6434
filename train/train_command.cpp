// `adjoint train MODEL`: which options does training have?
#include <limits>

#include "train/commands.h"
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

void add_refinements(CLI::App& command, Refinements& refinements, const std::vector<NamedSchedule>& possible) {
    std::vector<std::string> names;
    for (const NamedSchedule& schedule : possible) names.push_back(schedule.name);
    command.add_option("--schedule", refinements.schedule, "How the learning rate changes; see below")
        ->check(CLI::IsMember(names))
        ->capture_default_str();
    command.add_option("--warmup", refinements.warm_up, "Steps in which the learning rate rises first; 0 for none")
        ->check(whole_number(0, 1'000'000'000))
        ->capture_default_str();
    const double no_limit = std::numeric_limits<double>::infinity();
    command.add_option("--clip-norm", refinements.clip_norm, "Shorten gradients to this norm; 0 for never")
        ->check(number_below(no_limit))
        ->capture_default_str();
    command.add_option("--clip-value", refinements.clip_value, "Clip each element of a gradient; 0 for never")
        ->check(number_below(no_limit))
        ->capture_default_str();
    command.add_option("--ema", refinements.ema, "Decay of an average of the weights, such as 0.999; 0 for none")
        ->check(number_below(1.0))
        ->capture_default_str();
    command.add_option("--init", refinements.init, "Begin with the weights of the run in this directory");
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
    add_refinements(*command, options->refinements, possible);
    if (options->sizes) add_sizes(*command, *options->sizes);
    command->add_option("--out", options->out, "Directory of the run; by default runs/" + name + "-DATE-TIME");
    command->add_flag("--force", options->force, "Replace the run that --out holds");
    std::string rates;
    for (const NamedSchedule& schedule : possible) {
        rates += fmt::format("\n  {:<12} {}", schedule.name, schedule.description);
    }
    command->footer(
        "Examples:\n"
        "  adjoint train " +
        name +
        "\n"
        "  adjoint train " +
        name +
        " --dataset mnist --data-dir ~/mnist --epochs 10 --out runs/first\n"
        "After each epoch the test losses are printed and a picture is written to samples/ in the run; its\n"
        "report.html shows how far it has come. With --ema losses and pictures are those of the averaged\n"
        "weights, which the run keeps too, in average.safetensors.\n"
        "Schedules; the learning rate" +
        rates);
    command->callback([options, run] {
        if (const auto& sizes = options->sizes) {
            options->dataset.image_size = sizes->image_size;
            options->dataset.channels = sizes->channels;
        }
        run(*options);
    });
}

}  // namespace

void add_train_commands(CLI::App& app) {
    CLI::App* const train = app.add_subcommand("train", "Train a model on digits");
    train->require_subcommand(1);
    std::vector<NamedSchedule> with_plateau = schedules;
    with_plateau.push_back(plateau);
    add_model(*train, "autoencoder", "Squeeze digits into sixteen numbers and draw them again",
              {.epochs = 5, .batch_size = 128, .learning_rate = 1e-3, .sizes = autoencoder_options}, with_plateau,
              train_autoencoder);
    add_model(*train, "classifier", "Tell the ten digits apart",
              {.epochs = 5, .batch_size = 128, .learning_rate = 1e-3, .refinements = {.schedule = "cosine"}},
              with_plateau, train_classifier);
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
