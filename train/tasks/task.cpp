#include "train/tasks/task.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "framework/tensor/processes.h"
#include "layers/running_moments.h"
#include "train/records/run_directory.h"
#include "train/tasks/model_parts.h"

namespace adjoint {
namespace {

const std::string average_prefix = "average.", optimizer_prefix = "optimizer.";

// The file that is named, or the weights of the run in the directory.
std::filesystem::path first_weights(const std::string& model, const std::string& init) {
    if (std::filesystem::is_regular_file(init)) return init;
    const RunDirectory run = RunDirectory::open(init);
    require(run.model() == model, "train {}: the first weights must be of the same model; got a run of {} in {}", model,
            run.model(), init);
    return run.weights("");
}

// Gives the states what fits them in the file, and says what that is.
void begin_with(const std::filesystem::path& file, const TrainingSetup& setup, const States& states) {
    const LoadedWeights loaded =
        load_fitting_weights(open_weights_of(setup.task, setup.options, file, setup.options.convention), states);
    warn_of_changes(file, loaded.origin);
    require_finite(file, states);
    if (loaded.left.empty() && loaded.unused.empty()) return;
    spdlog::info("{}: took {}", file.string(), fmt::join(loaded.taken, ", "));
    if (!loaded.left.empty()) spdlog::info("{}: has nothing for {}", file.string(), fmt::join(loaded.left, ", "));
    if (!loaded.unused.empty()) spdlog::info("{}: left {}", file.string(), fmt::join(loaded.unused, ", "));
}

// Those whose names begin so, without it.
TensorsByName part_of(const TensorsByName& all, const std::string& prefix) {
    TensorsByName part;
    for (const auto& [name, tensor] : all) {
        if (name.starts_with(prefix)) part.emplace(name.substr(prefix.size()), tensor);
    }
    return part;
}

void restore(const States& states, const TensorsByName& tensors) {
    for (const auto& [name, state] : states) {
        const auto found = tensors.find(name);
        require<DataError>(found != tensors.end() && found->second.shape() == state.shape(),
                           "checkpoint: there must be {} {}; got {}", name, state.shape(),
                           found == tensors.end() ? "none" : fmt::format("{}", found->second.shape()));
        state.assign(found->second);
    }
}

std::unique_ptr<const Module> model_for(const TrainingSetup& setup) {
    const auto& [task, options, data, random] = setup;
    const std::string got = data.called();
    require<DataError>(task.masked == data.training->masked(), "train {}: images must be {}; got {}", task.name,
                       task.masked ? "masked, --dataset scenes or images:DIR with --masks DIR" : "without masks", got);
    require<DataError>(!task.classifies || options.classes >= 2,
                       "train {}: images must be of two classes or more; got {}, which are of one", task.name, got);
    return task.make_model(random.weights, options);
}

}  // namespace

TrainingTask::TrainingTask(const TrainingSetup& setup) : setup_(setup), model_(model_for(setup)) {
    const TrainingOptions& options = setup.options;
    if (!options.init.empty() && options.resume.empty()) {
        begin_with(first_weights(setup.task.name, options.init), setup, model_->states());
    }
    for (const std::string& frozen : options.freeze) model_->freeze(frozen);
    if (options.ema == 0.0) return;
    average_ = setup.task.make_model(setup.random.weights, options);
    ema_.emplace(*model_, *average_, options.ema);
}

void warn_of_changes(const std::filesystem::path& file, Origin origin) {
    if (origin != Origin::changed) return;
    spdlog::warn("{}: was changed by another tool after adjoint had made its checksum", file.string());
}

void TrainingTask::update_ema() {
    if (ema_) ema_->update();
}

void TrainingTask::reestimate_moments() {
    constexpr Index batches = 32;
    if (!average_) return;
    adjoint::reestimate_moments(
        *average_, [&](Index number) { run_for_moments(*average_, number); }, batches);
}

void TrainingTask::run_for_moments(const Module& model, Index number) const { model(batch_for_moments(number).images); }

Batch TrainingTask::batch_for_moments(Index number) const {
    const std::shared_ptr<const Dataset>& images = setup_.data.training;
    const Index size = setup_.options.batch_size;
    std::vector<Index> indices;
    for (Index i = 0; i < size; ++i) indices.push_back((number * size + i) % images->size());
    return divided(first_batch(Subset(images, std::move(indices)), size));
}

Tensor labels_of(const Batch& batch) {
    return Tensor({std::ssize(batch.labels)}, {batch.labels.begin(), batch.labels.end()}, DType::float64)
        .divided_as(batch.images);
}

Batch divided(const Batch& whole) {
    const auto [begin, end] = part_of_batch(std::ssize(whole.labels));
    return {divided(whole.images), {whole.labels.begin() + begin, whole.labels.begin() + end}};
}

Tensor classes_in_turn(Index count, Index classes, Index in_a_row) {
    std::vector<double> all;
    for (Index i = 0; i < count; ++i) all.push_back(static_cast<double>(i / in_a_row % std::max<Index>(1, classes)));
    return Tensor({count}, all, DType::float64);
}

NamedTensors TrainingTask::state_dict() {
    NamedTensors all = tensors_of(model().states());
    const auto add = [&](const std::string& prefix, const NamedTensors& tensors) {
        for (const auto& [name, tensor] : tensors) all.emplace_back(prefix + name, tensor);
    };
    if (average_) add(average_prefix, tensors_of(average_->states()));
    for (const auto& [prefix, optimizer] : optimizers()) add(optimizer_prefix + prefix, optimizer.state_dict());
    return all;
}

void TrainingTask::load_state_dict(const TensorsByName& states, Index steps) {
    restore(model().states(), states);
    if (average_) restore(average_->states(), part_of(states, average_prefix));
    for (const auto& [prefix, optimizer] : optimizers()) {
        optimizer.load_state_dict(part_of(states, optimizer_prefix + prefix));
    }
    if (ema_) ema_->resume(steps);
}

void TrainingTask::set_learning_rate_scale(double scale) {
    for (const auto& [prefix, optimizer] : optimizers()) optimizer.learning_rate_scale = scale;
}

Metrics TrainingTask::norms() {
    Metrics norms;
    for (const auto& [prefix, optimizer] : optimizers()) {
        for (const ParameterNorms& of : optimizer.norms()) {
            norms.emplace_back("weight_norm/" + prefix + of.name, of.parameter);
            norms.emplace_back("gradient_norm/" + prefix + of.name, of.gradient);
        }
    }
    return norms;
}

bool TrainingTask::gradients_were_finite() {
    return std::ranges::all_of(optimizers(),
                               [](const NamedOptimizer& named) { return named.optimizer.gradients_were_finite(); });
}

OneOptimizerTask::OneOptimizerTask(const TrainingSetup& setup)
    : TrainingTask(setup), optimizer_(make_optimizer(model().parameters(), setup.options.optimizer)) {
    optimizer_->clipping = setup.options.clipping;
}

std::vector<NetworkInput> networks_of(const TaskSpec& task, const Module& model, const ImageModelOptions& sizes) {
    if (task.networks) return task.networks(model, sizes);
    return {{task.name, &model, one_image(sizes)}};
}

}  // namespace adjoint
