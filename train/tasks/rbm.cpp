// Restricted Boltzmann machine task: making training images more likely than what the machine itself makes of them.
#include "models/rbm.h"

#include <fmt/format.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "train/evaluation/findings.h"
#include "train/io/png.h"
#include "train/tasks/task.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 16;

// The filters [K, L, C, O] as images of that size, each grey where it is 0.
Tensor pictures_of(const Tensor& filters, Index size) {
    const Variable tiles = transpose(filters, {3, 0, 1, 2});
    const Variable largest = max(reshape(abs(tiles), {tiles.extent(0), -1}), 1);
    return resize2d(0.5 + 0.5 * tiles / reshape(maximum(largest, scalar(1e-12, tiles)), {-1, 1, 1, 1}), {size, size})
        .value();
}

// Black and white pixels, with as much white as the images have.
Tensor noise_like(const Variable& x, const Random& random) { return bernoulli((0.0 * x + mean(x)).value(), random); }

class RbmTask : public OneOptimizerTask {
  public:
    using OneOptimizerTask::OneOptimizerTask;

    Metrics step(const Batch& batch, std::uint64_t t) override {
        const Divergence divergence =
            contrastive_divergence(as<Rbm>(model()), batch.images, setup_.random.noise.stream(t));
        optimizer_->step(divergence.gradients);
        return {{"error", divergence.error}, {"activity", divergence.activity}};
    }

    Evaluation evaluate(const std::shared_ptr<const Dataset>& images) const override {
        const auto& model = as<Rbm>(evaluation_model());
        double error = 0.0, energy = 0.0, noise_energy = 0.0;
        Batches batches(images, {.batch_size = 250});
        std::uint64_t number = 0;  // of the batch
        while (const auto batch = batches.next()) {
            const Variable x = batch->images;
            const double share = static_cast<double>(whole_extent(batch->images)) / static_cast<double>(images->size());
            error += share * mean(square(x - model(x))).item();
            energy += share * mean(model.free_energy(x)).item();
            noise_energy +=
                share * mean(model.free_energy(noise_like(x, setup_.random.fixed_noise.stream(++number)))).item();
        }
        const Tensor some = first_images(*images, picture_columns);
        const Tensor drawn = gathered(model(divided(some)).value());
        const Tensor filters = pictures_of(model.weight.value(), some.extent(1));
        return {.metrics = {{"mse", error}, {"free_energy", energy}, {"noise_free_energy", noise_energy}},
                .sentence = fmt::format("mean squared error {:.4f} a pixel, free energy {:.1f}, of noise {:.1f}", error,
                                        energy, noise_energy),
                .loss = error,
                .picture = picture_grid(concatenate({some, drawn, filters}, 0).value(), some.extent(0))};
    }
};

void measure_rbm(const Module& model, const std::shared_ptr<const Dataset>& images, Findings& findings) {
    const auto& rbm = as<Rbm>(model);
    std::vector<double> errors, energies, of_noise;
    Batches batches(images, {.batch_size = 250});
    std::uint64_t number = 0;  // of the batch
    while (const auto batch = batches.next()) {
        const Variable x = gathered(batch->images);
        append(errors, mean(square(x - rbm(x)), {1, 2, 3}).value());
        append(energies, rbm.free_energy(x).value());
        append(of_noise, rbm.free_energy(noise_like(x, Random(1).stream(++number))).value());
    }
    findings.add("mean squared error", mean_and_error(errors), " a pixel");
    findings.add("free energy", mean_and_error(energies));
    findings.add("free energy of noise", mean_and_error(of_noise));
}

}  // namespace

TaskSpec rbm_task() {
    return {.name = "rbm",
            .description = "Learn features of images with a convolutional restricted Boltzmann machine, without a tape",
            .defaults = {.optimizer = {.learning_rate = 5e-3}, .sizes = rbm_options},
            .settings = {.plateau = true, .width = true},
            .metrics = {"mse", "free_energy", "noise_free_energy"},
            .caption = "Test images, below them what the machine draws of its features of them, and its filters.",
            .by_heart = "mse<=0.003",
            .make_model = [](const Random& random,
                             const TrainingOptions& options) { return std::make_unique<Rbm>(random, options.sizes); },
            .make_task = make_task<RbmTask>,
            .measure = measure_rbm};
}

}  // namespace adjoint
