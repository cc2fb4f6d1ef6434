#include "train/tasks/trained_model.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <spdlog/spdlog.h>

#include "models/dcgan.h"
#include "train/cli/settings.h"
#include "train/io/weights_file.h"

namespace adjoint {

void add_run_options(CLI::App& command, RunChoice& choice, const std::string& of) {
    command.add_option("--run", choice.run, "Directory of " + of)->required();
    command.add_option(
        "--weights", choice.weights,
        "average, last, or a file of weights (.safetensors, .npz or a directory of .npy); by default the "
        "average where the run has one");
}

TrainedRun TrainedRun::open(const RunChoice& choice) {
    const RunDirectory directory = RunDirectory::open(choice.run);
    const TaskSpec* const task = find_task(directory.model());
    require<DataError>(task != nullptr, "{}: must be a run of {}; got one of {}", choice.run.string(),
                       any_of(task_names()), directory.model());
    TrainedRun run = {directory, *task, task->defaults, choice.weights};
    CLI::App declared("", task->name);
    add_training_options(declared, run.options, task->settings);
    read_settings(declared, directory.settings());
    return run;
}

std::shared_ptr<const Module> TrainedRun::model() const {
    std::shared_ptr<const Module> model = task.make_model(Random(0), options);
    load_weights(directory.weights(weights), model->states());
    return model;
}

Datasets TrainedRun::datasets(DatasetOptions dataset) const {
    if (dataset.name == "auto" && !directory.dataset().empty()) dataset.name = directory.dataset();
    if (options.noise > 0.0) {
        spdlog::info("the images are without the noise of {} that the run was trained with", options.noise);
    }
    return open_datasets(fitting(dataset, options.sizes));
}

Generator trained_generator(const char* command, const TrainedRun& run) {
    const TaskSpec& task = run.task;
    require(bool(task.draw), "{}: only {} draws new images; got a run of {} in {}", command,
            any_of_a(task_names(&TaskSpec::draw)), task.name, run.directory.path().string());
    return {[&task, model = run.model()](const Variable& noise) { return task.draw(*model, noise).value(); },
            run.options.sizes};
}

Tensor draw_images(const Generator& generator, Index count, std::uint64_t seed) {
    constexpr Index at_once = 250;
    const auto& [size, channels, latent, width] = generator.sizes;
    const Index numbers = size * size * channels;
    const Random random(seed);
    return Tensor::build<float>({count, size, size, channels}, [&, latent = latent](std::span<float> out) {
        for (Index first = 0; first < count; first += at_once) {
            const Index some = std::min(at_once, count - first);
            const Tensor images = generator.draw(generator_noise(random, some, {.first = first, .length = latent}));
            std::copy_n(images.data<float>().data(), some * numbers, out.data() + first * numbers);
        }
    });
}

}  // namespace adjoint
