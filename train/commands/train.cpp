// `adjoint train MODEL`: trains a task of the registry.
#include "train/cli/commands.h"
#include "train/cli/settings.h"
#include "train/cli/validators.h"
#include "train/tasks/trained_model.h"
#include "train/trainer/training_run.h"

namespace adjoint {
namespace {

std::string footer_of(const TaskSpec& task) {
    return fmt::format(
        "Examples:\n"
        "  adjoint train {0}\n"
        "  adjoint train {0} --dataset mnist --data-dir ~/mnist --epochs 10 --out runs/first\n"
        "  adjoint train {0} --resume runs/first\n"
        "After each epoch the test losses are printed and a picture is written to samples/ in the run; its\n"
        "report.html shows how far it has come. Ctrl-C saves a checkpoint and leaves; --resume goes on from the\n"
        "last one, and ends as if nothing had happened. With --ema losses and pictures are those of the averaged\n"
        "weights, which the run keeps too, in average.safetensors. The environment sets --batch-size by\n"
        "ADJOINT_BATCH_SIZE, and the others likewise.\n"
        "Schedules; the learning rate{1}",
        task.name, schedules_text(task.settings));
}

// Of texts that are paths of something that is there: absolute, so that a run does not depend on where one stands.
void make_absolute(CLI::Option& option) {
    const std::string text = option.count() > 0 ? option.as<std::string>() : "";
    const std::size_t path = text.starts_with(images_prefix) ? images_prefix.size() : 0;
    if (path == text.size() || !std::filesystem::exists(text.substr(path))) return;
    option.clear();
    option.add_result(text.substr(0, path) + std::filesystem::canonical(text.substr(path)).string());
}

// The settings that the flags left open, from the run, or from the file and then the recipe.
void complete(CLI::App& command, TrainingOptions& options, const std::vector<Recipe>& recipes) {
    for (const char* path : {"--dataset", "--masks", "--data-dir", "--init", "--validation"})
        make_absolute(*command.get_option(path));
    const CLI::Option& config = *command.get_option("--config");
    const std::filesystem::path& resume = options.resume;
    if (!resume.empty()) {
        for (const char* other : {"--config", "--out", "--force"}) {
            require(command.get_option(other)->count() == 0,
                    "--resume: has the settings and the place of its run; got {} too", other);
        }
        const TrainedRun run = TrainedRun::open({resume});
        require<DataError>(run.task.name == command.get_name(), "{}: must be a run of {}; got one of {}",
                           resume.string(), command.get_name(), run.task.name);
        resume_settings(command, run.directory->settings(), settings_that_may_change);
        options.dataset = run.dataset(options.dataset);
        const std::string& schedule = options.schedule;
        require<DataError>(options.epochs == run.options.epochs || schedule == "constant" || schedule == "plateau",
                           "{}: --epochs must stay {}, as the {} schedule depends on it; got {}", resume.string(),
                           run.options.epochs, schedule, options.epochs);
    } else if (config.count() > 0) {
        read_settings(command, config.as<std::string>());
    }
    for (const Recipe& recipe : recipes) {
        if (command.get_option("--recipe")->as<std::string>() == recipe.name) set_where_open(command, recipe.settings);
    }
    options.settings = settings_text(command);
}

void add_recipes(CLI::App& command, const std::vector<Recipe>& recipes) {
    if (recipes.empty()) return;
    std::vector<std::string> names, descriptions;
    for (const Recipe& recipe : recipes) {
        names.push_back(recipe.name);
        descriptions.push_back(recipe.name + ", " + recipe.description);
    }
    command.add_option("--recipe")
        ->description(
            fmt::format("Settings that go together, where nothing else sets them: {}", fmt::join(descriptions, "; ")))
        ->check(one_of(names))
        ->configurable(false);  // a run has what it sets
}

void add_task(CLI::App& train_command, const TaskSpec& task, const SettingsUse& use) {
    CLI::App* const command = train_command.add_subcommand(task.name, task.description);
    const auto options = std::make_shared<TrainingOptions>(task.defaults);
    options->sizes.image_size = options->sizes.channels = 0;  // those of the images
    add_training_options(*command, *options, task.settings);
    add_recipes(*command, task.recipes);
    read_environment(*command);
    command->get_option("--data-dir")->envname("");  // open_datasets reads it, as one place among others
    command->footer(footer_of(task));
    command->callback([command, options, &task, use] {
        complete(*command, *options, task.recipes);
        use(task, *options);
    });
}

}  // namespace

void add_train_commands(CLI::App& app) { add_train_commands_for(app, train); }

void add_train_commands_for(CLI::App& app, const SettingsUse& use) {
    CLI::App* const command = app.add_subcommand("train", "Train a model on digits or a folder of images");
    command->require_subcommand(1);
    command->footer("adjoint train MODEL --help says more.");
    for (const TaskSpec& task : tasks()) add_task(*command, task, use);
}

}  // namespace adjoint
