#include "train/tasks/trained_model.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <spdlog/spdlog.h>

#include "datasets/published_datasets.h"
#include "datasets/read_file.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "layers/analysis/model_summary.h"
#include "models/dcgan.h"
#include "train/cli/nearest_name.h"
#include "train/cli/settings.h"
#include "train/cli/validators.h"
#include "train/cli/wrong_usage.h"
#include "train/tasks/model_parts.h"

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

// What a file of weights without a run is of, by its metadata and by what is asked for.
TrainedRun of_weights(const RunChoice& choice) {
    require(!choice.weights.empty(), "--run is required, or --weights with a file");
    const std::map<std::string, std::string> metadata = open_weights(choice.weights).metadata;
    const auto said = [&](const char* key) { return metadata.contains(key) ? metadata.at(key) : ""; };
    const std::string name = choice.model.empty() ? said("model") : choice.model;
    const TaskSpec* const task = find_task(name);
    require<DataError>(task != nullptr, "{}: {}; --model must be {}", choice.weights,
                       name.empty() ? "does not say of which model it is" : "is of a model that is not there, " + name,
                       any_of(task_names()));
    TrainedRun run = {{}, {}, *task, task->defaults, choice.weights, choice.convention};
    run.options.sizes.image_size = run.options.sizes.channels = 0;
    CLI::App declared("", task->name);
    declared.set_help_flag();
    add_model_options(declared, run.options, task->settings);
    declared.add_option("--classes", run.data.classes)->delimiter(',');
    std::vector<std::string> flags;
    for (const std::string& setting : choice.settings) {
        const std::string flag = setting.substr(0, setting.find('='));
        require(declared.get_option_no_throw("--" + flag) != nullptr,
                "--set: must be settings of {}, such as width=32; got {}{}", task->name, setting,
                did_you_mean(flag, setting_names(declared)));
        flags.insert(flags.begin(), "--" + setting);  // last first
    }
    try {
        require_values(flags);
        declared.parse(flags);
    } catch (const CLI::ParseError& error) {
        throw Error(fmt::format("--set: of {}; {}", task->name, wrong_usage(error, declared, {})));
    }
    if (name == said("model")) read_settings_text(declared, said("adjoint.settings"), choice.weights);
    run.options.settings = settings_text(declared);
    fit(run.options, run.data);
    return run;
}

}  // namespace

void add_model_choice(CLI::App& command, RunChoice& choice, const std::string& help) {
    command.add_option("--model", choice.model, help)->check(one_of(task_names()));
    command.add_option("--set", choice.settings, "Settings of that --model, such as image-size=64 width=32");
    add_convention_option(command, choice.convention, "the file");
}

void add_run_options(CLI::App& command, RunChoice& choice, const std::string& of) {
    CLI::Option* const run = command.add_option("--run", choice.run, "Directory of " + of)->required();
    command
        .add_option("--weights", choice.weights,
                    "average, last, best (by the validation loss), or a file of weights (.safetensors, .npz or a "
                    "directory of .npy), adjoint's or PyTorch's, also without a run; "
                    "by default the average where the run has one, else the last")
        ->each([run](const std::string&) { run->required(false); });
    add_model_choice(command, choice, "Without --run: the model that --weights are of, where they do not say");
}

TrainedRun TrainedRun::open(const RunChoice& choice) {
    if (choice.run.empty()) return of_weights(choice);
    require(choice.model.empty() && choice.settings.empty(), "--run: has its own model and settings; got {} too",
            choice.model.empty() ? "--set" : "--model");
    const RunDirectory directory = RunDirectory::open(choice.run);
    const TaskSpec* const task = find_task(directory.model());
    require<DataError>(task != nullptr, "{}: must be a run of {}; got one of {}", choice.run.string(),
                       any_of(task_names()), directory.model());
    TrainedRun run = {directory,        directory.data(), *task, task->defaults, directory.weights(choice.weights),
                      choice.convention};
    run.options.sizes.image_size = run.options.sizes.channels = 0;  // those of the images
    CLI::App declared("", task->name);
    add_training_options(declared, run.options, task->settings);
    run.options.settings = read_file(directory.settings());
    read_settings_text(declared, run.options.settings, directory.settings());
    fit(run.options, run.data);
    return run;
}

std::shared_ptr<const Module> TrainedRun::model(const std::function<void(const Module&)>& use) const {
    std::shared_ptr<const Module> model = task.make_model(Random(0), options);
    const States all = model->states();
    const States used = use ? used_states(*model, use) : all;
    warn_of_changes(weights, load_weights(open_weights_of(task, options, weights, convention), all, used).origin);
    require_finite(weights, used);
    return model;
}

const std::vector<std::string>& TrainedRun::class_names() const {
    return data.classes.empty() ? ten_classes() : data.classes;
}

DatasetOptions TrainedRun::dataset(const DatasetOptions& asked) const {
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
    const Datasets opened = open_datasets(dataset(asked));
    const DataRecord now = opened.record(), &then = data;
    spdlog::info("data: {}", now.text());
    const bool own = asked.name == "auto" && asked.directory.empty();
    if (own && !then.checksum.empty() && !now.same_images(then))
        spdlog::warn("these are not the images that the run was trained with: {}", then.text());
    require<DataError>(!task.classifies || std::ssize(now.classes) == options.classes,
                       "{}: must have the {} classes of the run; got {}", now.name, options.classes,
                       now.classes.size());
    return opened;
}

Generator trained_generator(const char* command, const TrainedRun& run) {
    const TaskSpec& task = run.task;
    require(bool(task.draw), "{}: only {} draws new images; got a run of {} in {}", command,
            any_of_a(task_names(&TaskSpec::draw)), task.name, run.place());
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
