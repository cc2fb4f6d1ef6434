// How does the autoencoder learn? By drawing each image again from sixteen numbers, a little better every step.
#include <algorithm>
#include <fmt/format.h>

#include "framework/kernels.h"
#include "layers/losses.h"
#include "models/autoencoder.h"
#include "train/pictures.h"
#include "train/training_run.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 16, picture_count = 64;

// What is seen of images x: clamp(x + deviation·ε) to 0..1, with ε normal.
// Source: Vincent et al., "Extracting and composing robust features with denoising autoencoders", 2008.
Tensor with_noise(const Tensor& x, double deviation, const Random& random) {
    if (deviation == 0.0) return x;
    const Tensor e = random.normal(x.shape());
    return zip("with_noise", x, e, [deviation](auto v, auto n) {
        return std::clamp(v + decltype(v)(deviation) * n, decltype(v)(0), decltype(v)(1));
    });
}

class AutoencoderTrainee : public TraineeOf<Autoencoder> {
  public:
    explicit AutoencoderTrainee(const TrainingSetup& setup)
        : TraineeOf("autoencoder", setup, setup.options.sizes.value_or(autoencoder_options)),
          adam_(model_.parameters(), {.learning_rate = setup.options.learning_rate}) {
        adam_.clipping = clipping_of(setup.options.refinements);
        const Index size = setup.data.test->size(), columns = std::min(picture_columns, size);
        const Tensor originals = first_images(*setup.data.test, std::min(picture_count, size) / columns * columns);
        shown_originals_ = with_noise(originals, setup.options.refinements.noise, setup.random.fixed_noise);
    }

    Numbers step(const Batch& batch, std::uint64_t t) override {
        const Tensor seen = with_noise(batch.images, setup_.options.refinements.noise, setup_.random.noise.stream(t));
        return {{"loss", autoencoder_step(model_, adam_, seen, batch.images)}};
    }

    Tested test() const override;

    std::vector<NamedOptimizer> optimizers() override { return {{"", adam_}}; }

  private:
    Adam adam_;
    Tensor shown_originals_;
};

Tested AutoencoderTrainee::test() const {
    double cross_entropy = 0.0, squared_error = 0.0;
    const std::shared_ptr<const Dataset>& images = setup_.data.test;
    Batches batches(images, {.batch_size = 250});
    std::uint64_t number = 0;  // of the batch
    while (const auto batch = batches.next()) {
        const Tensor& x = batch->images;
        const Variable seen =
            with_noise(x, setup_.options.refinements.noise, setup_.random.fixed_noise.stream(++number));
        const Variable logits = shown()(seen);
        const double share = static_cast<double>(x.extent(0)) / static_cast<double>(images->size());
        cross_entropy += share * binary_cross_entropy_with_logits(logits, x).item();
        squared_error += share * mean_squared_error(sigmoid(logits), x).item();
    }
    const Tensor reconstructed = sigmoid(shown()(shown_originals_)).value();
    return {.metrics = {{"test_cross_entropy", cross_entropy}, {"test_mse", squared_error}},
            .sentence = fmt::format("test binary cross-entropy {:.4f}, mean squared error {:.4f} a pixel",
                                    cross_entropy, squared_error),
            .loss = cross_entropy,
            .picture = picture_pairs(shown_originals_, reconstructed, std::min(picture_columns, images->size()))};
}

}  // namespace

double autoencoder_step(const Autoencoder& model, Optimizer& optimizer, const Variable& seen, const Variable& images) {
    Tape tape(model.parameters());
    const Variable loss = binary_cross_entropy_with_logits(model(seen), images);
    optimizer.step(tape.gradient(loss));
    return loss.item();
}

void train_autoencoder(const TrainingOptions& options) { train<AutoencoderTrainee>("autoencoder", options); }

}  // namespace adjoint
