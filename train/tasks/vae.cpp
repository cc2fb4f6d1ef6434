// Variational autoencoder task: drawing each image again from a code that is a little uncertain, while the codes of all
// images together become normal noise, from which new images can be drawn.
#include <fmt/format.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "models/autoencoder.h"
#include "train/evaluation/image_quality.h"
#include "train/io/png.h"
#include "train/tasks/autoencoder.h"
#include "train/tasks/task.h"

namespace adjoint {
namespace {

class VaeTask : public OneOptimizerTask {
  public:
    using OneOptimizerTask::OneOptimizerTask;

    Metrics step(const Batch& batch, std::uint64_t t) override {
        const Tensor epsilon = codes_of_noise(setup_.random.noise.stream(t), whole_extent(batch.images));
        Tape tape(model().parameters());
        const VariationalLoss loss = variational_loss(as<VariationalAutoencoder>(model()), batch.images, epsilon);
        optimizer_->step(tape.gradient(loss.sum()));
        return {{"reconstruction", loss.reconstruction.item()}, {"divergence", loss.divergence.item()}};
    }

    Evaluation evaluate(const std::shared_ptr<const Dataset>& images) const override {
        const auto& model = as<VariationalAutoencoder>(evaluation_model());
        double reconstruction = 0.0, divergence = 0.0;
        Batches batches(images, {.batch_size = 250});
        std::uint64_t number = 0;  // of the batch
        while (const auto batch = batches.next()) {
            const Index size = whole_extent(batch->images);
            const Tensor epsilon = codes_of_noise(setup_.random.fixed_noise.stream(++number), size);
            const VariationalLoss loss = variational_loss(model, batch->images, epsilon);
            const double share = static_cast<double>(size) / static_cast<double>(images->size());
            reconstruction += share * loss.reconstruction.item();
            divergence += share * loss.divergence.item();
        }
        const double loss = reconstruction + divergence;
        const Variable sample = sigmoid(model.decode(codes_of_noise(setup_.random.fixed_noise, sample_count)));
        const Tensor drawn = gathered(sample.value());
        return {.metrics = {{"loss", loss},
                            {"reconstruction", reconstruction},
                            {"divergence", divergence},
                            {"checkerboard_share", checkerboards(drawn)}},
                .sentence = fmt::format("loss {:.2f} nats: reconstruction {:.2f}, divergence {:.2f}", loss,
                                        reconstruction, divergence),
                .loss = loss,
                .picture = picture_grid(drawn, sample_columns)};
    }

  private:
    Tensor codes_of_noise(const Random& random, Index count) const {
        return divided(random.normal({count, setup_.options.sizes.latent}));
    }
};

}  // namespace

TaskSpec vae_task() {
    return {.name = "vae",
            .description = "Generate images from Gaussian latents with a variational autoencoder",
            // On MNIST five epochs of this end at 98.6 nats and a mean squared error of 0.0079, of 128 images a step at
            // a constant 1e-3 at 0.0096, in as much time.
            .defaults = {.batch_size = 32,
                         .optimizer = {.learning_rate = 4e-3},
                         .schedule = "one-cycle",
                         .sizes = autoencoder_options},
            .settings = {.plateau = true, .latent = true, .width = true, .upsampling = true},
            .metrics = {"loss", "reconstruction", "divergence", "checkerboard_share"},
            .caption = "What the decoder draws of noise that stays the same.",
            .make_model =
                [](const Random& random, const TrainingOptions& options) {
                    return std::make_unique<VariationalAutoencoder>(random, options.sizes);
                },
            .make_task = make_task<VaeTask>,
            .stages = [](const Module& model) { return as<Autoencoder>(model).stages(); },
            .draw =
                [](const Module& model, const Variable& noise) {
                    return sigmoid(as<Autoencoder>(model).decode(reshape(noise, {noise.extent(0), -1})));
                },
            .encode = [](const Module& model, const Variable& x) { return as<Autoencoder>(model).encode(x); },
            .codes = "the means of codes; encoder.code makes the logarithms of their variances behind them",
            .decode = [](const Module& model, const Variable& z) { return as<Autoencoder>(model).decode(z); },
            .measure = measure_autoencoder};
}

}  // namespace adjoint
