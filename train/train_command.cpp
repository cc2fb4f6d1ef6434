// `adjoint train MODEL`: which options does training have?
#include "train/commands.h"
#include "train/training.h"
#include "train/validators.h"

namespace adjoint {
namespace {

void add_model(CLI::App& train, const std::string& name, const std::string& description, TrainingOptions defaults,
               void (*run)(const TrainingOptions&)) {
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
    command->add_option("--out", options->out, "Directory of the run; by default runs/" + name + "-DATE-TIME");
    command->add_flag("--force", options->force, "Replace the run that --out holds");
    command->footer(
        "Examples:\n"
        "  adjoint train " +
        name +
        "\n"
        "  adjoint train " +
        name +
        " --dataset mnist --data-dir ~/mnist --epochs 10 --out runs/first\n"
        "After each epoch the test losses are printed and a picture is written to samples/ in the run.");
    command->callback([options, run] { run(*options); });
}

}  // namespace

void add_train_commands(CLI::App& app) {
    CLI::App* const train = app.add_subcommand("train", "Train a model on digits");
    train->require_subcommand(1);
    add_model(*train, "autoencoder", "Squeeze digits into sixteen numbers and draw them again",
              {.epochs = 5, .batch_size = 128, .learning_rate = 1e-3}, train_autoencoder);
    add_model(*train, "dcgan", "Draw new digits, by a game of two networks",
              {.epochs = 5, .batch_size = 64, .learning_rate = 1e-3}, train_dcgan);
}

}  // namespace adjoint
