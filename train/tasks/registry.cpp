#include "train/tasks/registry.h"

#include <algorithm>
#include <fmt/ranges.h>

namespace adjoint {

TaskSpec autoencoder_task(), vae_task(), classifier_task(), linear_task(), dcgan_task(), wgan_gp_task(), rbm_task(),
    super_resolution_task(), unet_task();

static std::vector<TaskSpec>& all_tasks() {
    static std::vector<TaskSpec> all = {autoencoder_task(), vae_task(),     classifier_task(), linear_task(),
                                        dcgan_task(),       wgan_gp_task(), rbm_task(),        super_resolution_task(),
                                        unet_task()};
    return all;
}

const std::vector<TaskSpec>& tasks() { return all_tasks(); }

void add_task(TaskSpec task) {
    require(find_task(task.name) == nullptr, "add_task: a name must be new; got {}", task.name);
    all_tasks().push_back(std::move(task));
}

const TaskSpec* find_task(const std::string& name) {
    const auto found = std::ranges::find(tasks(), name, &TaskSpec::name);
    return found == tasks().end() ? nullptr : &*found;
}

std::string any_of(std::vector<std::string> names) {
    const std::string last = names.back();
    names.pop_back();
    return names.empty() ? last : fmt::format("{} or {}", fmt::join(names, ", "), last);
}

std::string any_of_a(std::vector<std::string> names) {
    for (std::string& name : names)  // a unet, as one says you-net
        name = fmt::format("{} {}", std::string("aeio").find(name[0]) == std::string::npos ? "a" : "an", name);
    return any_of(names);
}

}  // namespace adjoint
