// How do the DCGAN's two networks learn? The discriminator to tell real images from drawn ones, the generator to be
// taken for real.
#include <fmt/format.h>

#include "layers/losses.h"
#include "train/pictures.h"
#include "train/training_run.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12, picture_count = 96;
constexpr double beta1 = 0.5;  // of Adam, as the paper has it
// Real images are said to be real with this certainty: a discriminator that is never sure leaves the generator a slope to
// climb.   Source: Salimans et al., "Improved techniques for training GANs", 2016, one-sided label smoothing.
constexpr double real_label = 0.9;

class DcganTrainee : public TraineeOf<Dcgan> {
  public:
    explicit DcganTrainee(const TrainingSetup& setup)
        : TraineeOf("dcgan", setup, setup.options.sizes.value_or(dcgan_options)),
          latent_(setup.options.sizes.value_or(dcgan_options).latent),
          adams_(model_, setup.options.learning_rate, clipping_of(setup.options.refinements)) {}

    bool drops_last() const override { return true; }

    Numbers step(const Batch& batch, std::uint64_t t) override {
        const Tensor images = from_unit_to_symmetric(batch.images);
        const Tensor z = generator_noise(setup_.random.noise.stream(t), images.extent(0), 0, latent_);
        const DcganLosses losses = dcgan_step(model_, adams_, images, z);
        return {{"D loss", losses.discriminator}, {"G loss", losses.generator}};
    }

    Tested test() const override;

    std::vector<NamedOptimizer> optimizers() override {
        return {{"generator.", adams_.generator}, {"discriminator.", adams_.discriminator}};
    }

  private:
    Index latent_;
    DcganOptimizers adams_;
};

// The two losses on images that neither network has seen.
Tested DcganTrainee::test() const {
    constexpr Index count = 500;
    const Dcgan& model = shown();
    const Variable images = from_unit_to_symmetric(first_images(*setup_.data.test, count));
    const Variable fakes = model.generator(generator_noise(setup_.random.fixed_noise, images.extent(0), 0, latent_));
    const Variable real = model.discriminator(images), fake = model.discriminator(fakes);
    const double g_loss = binary_cross_entropy_with_logits(fake, 1.0).item();
    const double d_loss =
        binary_cross_entropy_with_logits(real, 1.0).item() + binary_cross_entropy_with_logits(fake, 0.0).item();
    const Variable drawn = model.generator(generator_noise(setup_.random.fixed_noise, picture_count, 0, latent_));
    return {.metrics = {{"test_discriminator_loss", d_loss}, {"test_generator_loss", g_loss}},
            .sentence = fmt::format("test loss of the discriminator {:.3f}, of the generator {:.3f}", d_loss, g_loss),
            .picture = picture_grid(from_symmetric_to_unit(drawn.value()), picture_columns)};
}

}  // namespace

DcganOptimizers::DcganOptimizers(const Dcgan& model, double learning_rate, const GradientClipping& clipping)
    : generator(model.generator.parameters(), {.learning_rate = learning_rate, .beta1 = beta1}),
      discriminator(model.discriminator.parameters(), {.learning_rate = learning_rate, .beta1 = beta1}) {
    generator.clipping = discriminator.clipping = clipping;
}

DcganLosses dcgan_step(const Dcgan& model, DcganOptimizers& optimizers, const Variable& images, const Variable& noise) {
    const Sequential &generator = model.generator, &discriminator = model.discriminator;
    const ModeScope training(Mode::train);    // both networks see the moments of each batch
    Tape generating(generator.parameters());  // (2) will need how the images came about
    const Variable fakes = generator(noise);
    // (1) Discriminator: maximise log D(x) + log(1 − D(G(z))).
    Variable d_loss;
    {
        Tape tape(discriminator.parameters());
        d_loss = binary_cross_entropy_with_logits(discriminator(images), real_label) +
                 binary_cross_entropy_with_logits(discriminator(stop_gradient(fakes)), 0.0);
        optimizers.discriminator.step(tape.gradient(d_loss));
    }
    // (2) Generator: maximise log D(G(z)).
    const Variable g_loss = binary_cross_entropy_with_logits(discriminator(fakes), 1.0);
    optimizers.generator.step(generating.gradient(g_loss));
    return {.generator = g_loss.item(), .discriminator = d_loss.item()};
}

void train_dcgan(const TrainingOptions& options) { train<DcganTrainee>("dcgan", options); }

}  // namespace adjoint
