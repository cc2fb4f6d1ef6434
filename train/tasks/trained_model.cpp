#include "train/tasks/trained_model.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <spdlog/spdlog.h>

#include "datasets/published_datasets.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "layers/analysis/model_summary.h"
#include "models/dcgan.h"
#include "train/cli/settings.h"
#include "train/io/weights_file.h"

namespace adjoint {
namespace {

// The states of the modules that `use` calls, of all their parts, and of what they are parts of; all where it calls
// none.
States used_states(const Module& model, const std::function<void(const Module&)>& use) {
    const ModuleCalls listening;
    use(model);
    std::map<const Module*, std::string> names = model.module_names();
    const auto beginning = [&](const Module* module) { return module == &model ? "" : names[module] + "."; };
    const auto is_used = [&](const NamedState& named) {
        std::string owner;  // the longest name that fits
        for (const auto& [module, name] : names) {
            if (name.size() + 1 > owner.size() && named.name.starts_with(name + ".")) owner = name + ".";
        }
        return std::ranges::any_of(listening.calls(), [&](const ModuleCall& call) {
            const std::string called = beginning(call.module);
            return owner.starts_with(called) || called.starts_with(owner);
        });
    };
    States used = model.states();
    if (!listening.calls().empty()) std::erase_if(used, [&](const NamedState& named) { return !is_used(named); });
    return used;
}

}  // namespace

void add_run_options(CLI::App& command, RunChoice& choice, const std::string& of) {
    command.add_option("--run", choice.run, "Directory of " + of)->required();
    command.add_option("--weights", choice.weights,
                       "average, last, best (by the validation loss), or a file of weights (.safetensors, .npz or a "
                       "directory of .npy); "
                       "by default the average where the run has one, else the last");
}

TrainedRun TrainedRun::open(const RunChoice& choice) {
    const RunDirectory directory = RunDirectory::open(choice.run);
    const TaskSpec* const task = find_task(directory.model());
    require<DataError>(task != nullptr, "{}: must be a run of {}; got one of {}", choice.run.string(),
                       any_of(task_names()), directory.model());
    TrainedRun run = {directory, *task, task->defaults, choice.weights};
    run.options.sizes.image_size = run.options.sizes.channels = 0;  // those of the images
    CLI::App declared("", task->name);
    add_training_options(declared, run.options, task->settings);
    read_settings(declared, directory.settings());
    fit(run.options, directory.data());
    return run;
}

std::shared_ptr<const Module> TrainedRun::model(const std::function<void(const Module&)>& use) const {
    std::shared_ptr<const Module> model = task.make_model(Random(0), options);
    const std::filesystem::path file = directory.weights(weights);
    const States all = model->states();
    const States used = use ? used_states(*model, use) : all;
    warn_of_changes(file, load_weights(file, all, used).origin);
    for (const auto& [name, state] : used) {
        const std::vector<double> values = state.value().to_vector();
        const auto wrong = std::ranges::find_if_not(values, [](double v) { return std::isfinite(v); });
        require<DataError>(wrong == values.end(), "{}: weights must be finite; got {} at element {} of {}",
                           file.string(), wrong == values.end() ? 0.0 : *wrong, wrong - values.begin(), name);
    }
    return model;
}

const std::vector<std::string>& TrainedRun::class_names() const {
    const std::vector<std::string>& names = directory.data().classes;
    return names.empty() ? ten_classes() : names;
}

DatasetOptions TrainedRun::dataset(const DatasetOptions& asked) const {
    const DataRecord& data = directory.data();
    DatasetOptions dataset = dataset_of(options);
    dataset.skip_bad = dataset.skip_bad || asked.skip_bad;
    const bool published = find_published_dataset(data.name) != nullptr;
    const bool built_in = data.name == "digits" || data.name == "scenes";
    if (published || built_in) dataset.name = data.name;  // what auto was
    if (asked.name != "auto") dataset.name = asked.name;
    dataset.directory =
        !asked.directory.empty() ? asked.directory : std::filesystem::path(published || built_in ? data.directory : "");
    return dataset;
}

Datasets TrainedRun::datasets(const DatasetOptions& asked) const {
    if (options.noise > 0.0) {
        spdlog::info("the images are without the noise of {} that the run was trained with", options.noise);
    }
    const Datasets data = open_datasets(dataset(asked));
    const DataRecord now = data.record(), &then = directory.data();
    spdlog::info("data: {}", now.text());
    const bool own = asked.name == "auto" && asked.directory.empty();
    if (own && !then.checksum.empty() && !now.same_images(then))
        spdlog::warn("these are not the images that the run was trained with: {}", then.text());
    require<DataError>(!task.classifies || std::ssize(now.classes) == options.classes,
                       "{}: must have the {} classes of the run; got {}", now.name, options.classes,
                       now.classes.size());
    return data;
}

Generator trained_generator(const char* command, const TrainedRun& run) {
    const TaskSpec& task = run.task;
    require(bool(task.draw), "{}: only {} draws new images; got a run of {} in {}", command,
            any_of_a(task_names(&TaskSpec::draw)), task.name, run.directory.path().string());
    const ImageModelOptions& sizes = run.options.sizes;
    const auto draw_once = [&](const Module& model) {
        task.draw(model, Tensor::zeros({1, 1, 1, sizes.latent + sizes.told_classes}));
    };
    return {[&task, model = run.model(draw_once)](const Variable& z) { return task.draw(*model, z).value(); }, sizes};
}

Tensor draw_images(const Generator& generator, const Tensor& noise, const std::optional<Tensor>& classes) {
    constexpr Index at_once = 250;
    const Index size = generator.sizes.image_size, channels = generator.sizes.channels;
    const Index told = generator.sizes.told_classes;
    const Variable input = with_classes(noise, classes.value_or(classes_in_turn(noise.extent(0), told)), told);
    const Index count = noise.extent(0), numbers = size * size * channels;
    return Tensor::build<float>({count, size, size, channels}, [&](std::span<float> out) {
        for (Index first = 0; first < count; first += at_once) {
            const Index end = std::min(first + at_once, count);
            const Variable part = slice(input, {.axis = 0, .begin = first, .end = end});
            const Tensor images = gathered(generator.draw(divided(part.value())));
            std::copy_n(images.data<float>().data(), (end - first) * numbers, out.data() + first * numbers);
        }
    });
}

}  // namespace adjoint
