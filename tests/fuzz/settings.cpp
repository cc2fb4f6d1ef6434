// Fuzzer of settings: config.toml of a run.
#include "train/cli/settings.h"

#include <CLI/CLI.hpp>

#include "tests/fuzz/fuzzing.h"
#include "train/tasks/registry.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const TaskSpec& task = *find_task("dcgan");
    TrainingOptions options = task.defaults;
    CLI::App command("", task.name);
    add_training_options(command, options, task.settings);
    answers([&] { read_settings_text(command, std::string(bytes), "x"); });
}
