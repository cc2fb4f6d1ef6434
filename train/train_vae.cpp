// How does the variational autoencoder learn? By drawing each image again from a code that is a little uncertain, while
// the codes of all images together become normal noise, from which new images can be drawn.
#include <fmt/format.h>

#include "framework/elementwise.h"
#include "models/vae.h"
#include "train/pictures.h"
#include "train/training_run.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12, picture_count = 96;

class VaeTrainee : public TraineeOf<VariationalAutoencoder> {
  public:
    explicit VaeTrainee(const TrainingSetup& setup)
        : TraineeOf("vae", setup, setup.options.sizes.value_or(autoencoder_options)),
          latent_(setup.options.sizes.value_or(autoencoder_options).latent),
          adam_(model_.parameters(), {.learning_rate = setup.options.learning_rate}) {
        adam_.clipping = clipping_of(setup.options.refinements);
    }

    Numbers step(const Batch& batch, std::uint64_t t) override {
        const Tensor epsilon = setup_.random.noise.stream(t).normal({batch.images.extent(0), latent_});
        Tape tape(model_.parameters());
        const VariationalLoss loss = variational_loss(model_, batch.images, epsilon);
        adam_.step(tape.gradient(loss.sum()));
        return {{"reconstruction", loss.reconstruction.item()}, {"divergence", loss.divergence.item()}};
    }

    Tested test() const override;

    std::vector<NamedOptimizer> optimizers() override { return {{"", adam_}}; }

  private:
    Index latent_;
    Adam adam_;
};

Tested VaeTrainee::test() const {
    double reconstruction = 0.0, divergence = 0.0;
    Batches batches(setup_.data.test, {.batch_size = 250});
    std::uint64_t number = 0;  // of the batch
    while (const auto batch = batches.next()) {
        const Tensor epsilon = setup_.random.fixed_noise.stream(++number).normal({batch->images.extent(0), latent_});
        const VariationalLoss loss = variational_loss(shown(), batch->images, epsilon);
        const double share =
            static_cast<double>(batch->images.extent(0)) / static_cast<double>(setup_.data.test->size());
        reconstruction += share * loss.reconstruction.item();
        divergence += share * loss.divergence.item();
    }
    const Tensor noise = setup_.random.fixed_noise.normal({picture_count, latent_});
    return {.metrics = {{"test_loss", reconstruction + divergence},
                        {"test_reconstruction", reconstruction},
                        {"test_divergence", divergence}},
            .sentence = fmt::format("test loss {:.2f} nats: reconstruction {:.2f}, divergence {:.2f}",
                                    reconstruction + divergence, reconstruction, divergence),
            .loss = reconstruction + divergence,
            .picture = picture_grid(sigmoid(shown().decode(noise)).value(), picture_columns)};
}

}  // namespace

void train_vae(const TrainingOptions& options) { train<VaeTrainee>("vae", options); }

}  // namespace adjoint
