// How do the two networks of a Wasserstein game learn? The critic to tell how far drawn images are from real ones, with a
// slope of 1 between them, the generator to come nearer. An epoch is one pass of the critic over the images.
#include <fmt/format.h>

#include "framework/reduction.h"
#include "layers/gan_losses.h"
#include "train/pictures.h"
#include "train/training_run.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12, picture_count = 96;
// As the paper has them. Its learning rate of 1e-4 is for hundreds of thousands of steps: by default ours is five times
// that, with which digits appear within one epoch of MNIST, and slopes stay near 1.
constexpr double beta1 = 0.0, beta2 = 0.9;
constexpr double penalty_weight = 10.0;
constexpr std::uint64_t critic_steps = 5;  // for one of the generator

// Images drawn as in training, by the moments of their own batch.
Variable draw(const Sequential& generator, const Variable& noise) {
    const ModeScope training(Mode::train);
    return generator(noise);
}

class WganGpTrainee : public TraineeOf<WganGp> {
  public:
    explicit WganGpTrainee(const TrainingSetup& setup)
        : TraineeOf("wgan-gp", setup),
          adams_(model_, setup.options.learning_rate, clipping_of(setup.options.refinements)) {}

    bool drops_last() const override { return true; }

    Numbers step(const Batch& batch, std::uint64_t t) override {
        const Tensor images = from_unit_to_symmetric(batch.images);
        const Tensor z = generator_noise(setup_.random.noise.stream(t), images.extent(0));
        const CriticLosses losses =
            wgan_gp_critic_step(model_, adams_, images, draw(model_.generator, z), setup_.random.between.stream(t));
        if ((t + 1) % critic_steps == 0) wgan_gp_generator_step(model_, adams_, z);
        return {{"distance", losses.distance}, {"penalty", losses.penalty}};
    }

    Tested test() const override;

    std::vector<NamedOptimizer> optimizers() override {
        return {{"generator.", adams_.generator}, {"critic.", adams_.critic}};
    }

  private:
    WganGpOptimizers adams_;
};

// On images that neither network has seen.
Tested WganGpTrainee::test() const {
    constexpr Index count = 500;
    const WganGp& model = shown();
    const Variable images = from_unit_to_symmetric(first_images(*setup_.data.test, count));
    const Variable fakes = model.generator(generator_noise(setup_.random.fixed_noise, images.extent(0)));
    const Variable real_score = model.critic(images), fake_score = model.critic(fakes);
    const Variable norms = gradient_norms(model.critic, images, fakes, setup_.random.between);
    const double distance = -wasserstein_critic_loss(real_score, fake_score).item();
    const double penalty = mean(power(norms - 1.0, 2.0)).item(), gradient_norm = mean(norms).item();
    const double generator_loss = wasserstein_generator_loss(fake_score).item();
    const Variable drawn = model.generator(generator_noise(setup_.random.fixed_noise, picture_count));
    return {.metrics = {{"test_distance", distance},
                        {"test_penalty", penalty},
                        {"test_gradient_norm", gradient_norm},
                        {"test_generator_loss", generator_loss}},
            .sentence = fmt::format("test distance {:.3f}, penalty {:.3f}, gradient norm {:.3f}, G loss {:.3f}",
                                    distance, penalty, gradient_norm, generator_loss),
            .picture = picture_grid(from_symmetric_to_unit(drawn.value()), picture_columns)};
}

}  // namespace

WganGpOptimizers::WganGpOptimizers(const WganGp& model, double learning_rate, const GradientClipping& clipping)
    : generator(model.generator.parameters(), {.learning_rate = learning_rate, .beta1 = beta1, .beta2 = beta2}),
      critic(model.critic.parameters(), {.learning_rate = learning_rate, .beta1 = beta1, .beta2 = beta2}) {
    generator.clipping = critic.clipping = clipping;
}

CriticLosses wgan_gp_critic_step(const WganGp& model, WganGpOptimizers& optimizers, const Variable& images,
                                 const Variable& fakes, const Random& between) {
    const Sequential& critic = model.critic;
    Tape tape(critic.parameters());
    // Maximise D(x) − D(G(z)) while ‖∇D‖ = 1.
    const Variable loss = wasserstein_critic_loss(critic(images), critic(fakes));
    const Variable penalty = gradient_penalty(critic, images, fakes, between);
    optimizers.critic.step(tape.gradient(loss + penalty_weight * penalty));
    return {.distance = -loss.item(), .penalty = penalty.item()};
}

double wgan_gp_generator_step(const WganGp& model, WganGpOptimizers& optimizers, const Variable& noise) {
    Tape tape(model.generator.parameters());
    // Maximise D(G(z)).
    const Variable loss = wasserstein_generator_loss(model.critic(model.generator(noise)));
    optimizers.generator.step(tape.gradient(loss));
    return loss.item();
}

void train_wgan_gp(const TrainingOptions& options) { train<WganGpTrainee>("wgan-gp", options); }

}  // namespace adjoint
