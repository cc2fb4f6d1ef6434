// Registry of tasks: the models that the program can train, and what else it can do with them.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// All tasks, in the order in which the program lists them. Each is made in a file of its own in this folder.
const std::vector<TaskSpec>& tasks();

/// Adds a task of one's own, before the program starts. Throws where there is one of this name.
void add_task(TaskSpec task);

/// The task of this name, or nothing.
const TaskSpec* find_task(const std::string& name);

/// The names of all tasks, or of those that can do something: task_names(&TaskSpec::draw).
template <class Ability = decltype(TaskSpec::make_task)>
std::vector<std::string> task_names(Ability TaskSpec::*ability = &TaskSpec::make_task) {
    std::vector<std::string> names;
    for (const TaskSpec& task : tasks()) {
        if (task.*ability) names.push_back(task.name);
    }
    return names;
}

/// `vae, dcgan or wgan-gp`, and with articles `a vae, a dcgan or a wgan-gp`.
std::string any_of(std::vector<std::string> names);
std::string any_of_a(std::vector<std::string> names);

}  // namespace adjoint
