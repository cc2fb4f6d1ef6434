// How does the autoencoder learn? By drawing each image again from sixteen numbers, a little better every step.
#include <algorithm>
#include <fmt/format.h>

#include "datasets/batches.h"
#include "layers/losses.h"
#include "models/autoencoder.h"
#include "train/epoch_log.h"
#include "train/optimizers.h"
#include "train/pictures.h"
#include "train/training.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 16, picture_count = 64;

struct TestLosses {
    double cross_entropy = 0.0;
    double squared_error = 0.0;
};

TestLosses test(const Autoencoder& model, const std::shared_ptr<const Dataset>& dataset) {
    TestLosses total;
    Batches batches(dataset, {.batch_size = 250});
    while (const auto batch = batches.next()) {
        const Variable images = batch->images, logits = model(images);
        const double share = static_cast<double>(images.extent(0)) / static_cast<double>(dataset->size());
        total.cross_entropy += share * binary_cross_entropy_with_logits(logits, images).item();
        total.squared_error += share * mean_squared_error(sigmoid(logits), images).item();
    }
    return total;
}

}  // namespace

double autoencoder_step(const Autoencoder& model, Optimizer& optimizer, const Variable& images) {
    Tape tape(model.parameters());
    const Variable loss = binary_cross_entropy_with_logits(model(images), images);
    optimizer.step(tape.gradient(loss));
    return loss.item();
}

void train_autoencoder(const TrainingOptions& options) {
    const Datasets data = open_datasets(options.dataset);
    const RunRandom random(options.seed);
    TrainedModel<Autoencoder> trained("autoencoder", random.weights, options.refinements,
                                      options.sizes.value_or(autoencoder_options));
    const Autoencoder& model = trained.model;
    Adam adam(model.parameters(), {.learning_rate = options.learning_rate});
    adam.clipping = clipping_of(options.refinements);
    ReduceOnPlateau plateau{{.patience = 1}};
    const RunDirectory run = start_run("autoencoder", data.name, options);
    const Index columns = std::min(picture_columns, data.test->size());
    const Tensor originals = first_images(*data.test, std::min(picture_count, data.test->size()) / columns * columns);

    StepCounter steps(options.max_steps);
    for (int epoch = 1; epoch <= options.epochs && !steps.reached(); ++epoch) {
        const Random order = random.order.stream(static_cast<std::uint64_t>(epoch));
        Batches batches(data.training, {.batch_size = options.batch_size, .shuffle = order});
        Progress progress(epoch, options.epochs, batches.count());
        const Schedule schedule = schedule_of(options.refinements, options.epochs * batches.count());
        while (const auto batch = steps.reached() ? std::nullopt : batches.next()) {
            adam.rate_factor = schedule(steps.steps()) * plateau.rate_factor;
            const double loss = autoencoder_step(model, adam, batch->images);
            trained.follow();
            progress.step(batch->images.extent(0), fmt::format("loss {:.4f}", loss));
            steps.count();
        }
        const TestLosses losses = test(trained.shown(), data.test);
        const std::filesystem::path picture = run.sample(fmt::format("epoch-{:03}", epoch));
        write_png(picture, picture_pairs(originals, sigmoid(trained.shown()(originals)).value(), columns));
        trained.save(run);
        if (options.refinements.schedule == "plateau") plateau.observe(losses.cross_entropy);
        log_epoch(run, epoch, {{"test_cross_entropy", losses.cross_entropy}, {"test_mse", losses.squared_error}},
                  progress, {{"", adam}});
        fmt::print("epoch {}: test binary cross-entropy {:.4f}, mean squared error {:.4f} a pixel; {}\n", epoch,
                   losses.cross_entropy, losses.squared_error, picture.string());
    }
    fmt::print("weights: {}\n", run.weights().string());
}

}  // namespace adjoint
