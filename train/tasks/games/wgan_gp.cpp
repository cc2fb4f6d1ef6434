#include "train/tasks/games/wgan_gp.h"

#include <fmt/format.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/processes.h"
#include "layers/lambda.h"
#include "layers/losses/losses.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

// As the paper has them. Its learning rate of 1e-4 is for hundreds of thousands of steps: by default ours is five times
// that, with which digits appear within one epoch of MNIST, and slopes stay near 1.
OptimizerChoice adam() { return {.learning_rate = 5e-4, .beta1 = 0.0, .beta2 = 0.9}; }
constexpr double penalty_weight = 10.0;
constexpr std::uint64_t critic_steps = 5;  // for one of the generator

// Images drawn as in training, by the moments of their own batch.
Variable draw(const WganGp& model, const Variable& noise, const Tensor& classes) {
    const ModeScope training(Mode::train);
    return model.generator(model.told(noise, classes));
}

// The critic of images of these classes.
Lambda critic_of(const WganGp& model, const Tensor& classes) {
    return Lambda([&](const Variable& x) { return model.critic(model.told(x, classes)); });
}

// An epoch is one pass of the critic over the images.
class WganGpTask : public GameTask {
  public:
    explicit WganGpTask(const TrainingSetup& setup)
        : GameTask(setup), optimizers_(as<WganGp>(model()).generator, as<WganGp>(model()).critic, setup.options) {}

    Metrics step(const Batch& batch, std::uint64_t t) override {
        const auto& model = as<WganGp>(this->model());
        const Tensor images = from_unit_to_symmetric(batch.images);
        const Tensor z = noise(setup_.random.noise.stream(t), whole_extent(images)), classes = labels_of(batch);
        const CriticLosses losses = wgan_gp_critic_step(model, optimizers_, images, draw(model, z, classes),
                                                        setup_.random.between.stream(t), classes);
        if ((t + 1) % critic_steps == 0) wgan_gp_generator_step(model, optimizers_, z, classes);
        return {{"distance", losses.distance}, {"penalty", losses.penalty}};
    }

    Evaluation evaluate(const std::shared_ptr<const Dataset>& data) const override;

    std::vector<NamedOptimizer> optimizers() override {
        return {{"generator.", *optimizers_.generator}, {"critic.", *optimizers_.judge}};
    }

  protected:
    void run_for_moments(const Module& model, Index number) const override {
        const Random random = setup_.random.moments.stream(static_cast<std::uint64_t>(number));
        draw(as<WganGp>(model), noise(random, setup_.options.batch_size), labels_of(batch_for_moments(number)));
    }

  private:
    GameOptimizers optimizers_;
};

// On images that neither network has seen.
Evaluation WganGpTask::evaluate(const std::shared_ptr<const Dataset>& data) const {
    constexpr Index count = 500;
    const auto& model = as<WganGp>(evaluation_model());
    const Batch batch = divided(first_batch(*data, count));
    const Tensor images = from_unit_to_symmetric(batch.images), classes = labels_of(batch);
    const Tensor z = noise(setup_.random.fixed_noise, whole_extent(images));
    const Variable fakes = model.generator(model.told(z, classes));
    const Lambda critic = critic_of(model, classes);
    const Variable real_score = critic(images), fake_score = critic(fakes);
    const Variable norms = gradient_norms(critic, images, fakes, setup_.random.between);
    const double distance = -wasserstein_critic_loss(real_score, fake_score).item();
    const double penalty = mean(square(norms - 1.0)).item(), gradient_norm = mean(norms).item();
    const double generator_loss = wasserstein_generator_loss(fake_score).item();
    return with_samples({.metrics = {{"distance", distance},
                                     {"penalty", penalty},
                                     {"gradient_norm", gradient_norm},
                                     {"generator_loss", generator_loss}},
                         .sentence = fmt::format("distance {:.3f}, penalty {:.3f}, gradient norm {:.3f}, G loss {:.3f}",
                                                 distance, penalty, gradient_norm, generator_loss)},
                        model.generator, model.told_classes);
}

// What the Wasserstein game's steps work on.
struct WassersteinGame {
    explicit WassersteinGame(Index batch)
        : images(divided(Random(2).uniform({batch, 28, 28, 1}))),
          fakes(divided(Random(4).uniform({batch, 28, 28, 1}))) {}

    const WganGp model{Random(1)};
    GameOptimizers optimizers{model.generator, model.critic, adam()};
    const Variable images, fakes;
};

Benchmark critic_with_penalty() {
    return {"wgan-gp", 64,
            [](Index batch) {
                const auto game = std::make_shared<WassersteinGame>(batch);
                return [=, step = 0]() mutable {
                    wgan_gp_critic_step(game->model, game->optimizers, game->images, game->fakes,
                                        Random(3).stream(++step));
                };
            },
            "a step of the critic with the gradient penalty"};
}

// To compare: no second derivatives.
Benchmark critic_without_penalty() {
    return {"wgan", 64,
            [](Index batch) {
                const auto game = std::make_shared<WassersteinGame>(batch);
                return [=] {
                    const Sequential& critic = game->model.critic;
                    Tape tape(critic.parameters());
                    const Variable fake_scores = critic(game->fakes), scores = critic(game->images);
                    const Variable loss = wasserstein_critic_loss(scores, fake_scores);
                    game->optimizers.judge->step(tape.gradient(loss));
                };
            },
            "one without"};
}

}  // namespace

CriticLosses wgan_gp_critic_step(const WganGp& model, GameOptimizers& optimizers, const Variable& images,
                                 const Variable& fakes, const Random& between, const Tensor& classes) {
    const Lambda critic = critic_of(model, classes);
    Tape tape(model.critic.parameters());
    // Maximise D(x) − D(G(z)) while ‖∇D‖ = 1.
    const Variable fake_scores = critic(fakes), scores = critic(images);
    const Variable loss = wasserstein_critic_loss(scores, fake_scores);
    const Variable penalty = gradient_penalty(critic, images, fakes, between);
    optimizers.judge->step(tape.gradient(loss + penalty_weight * penalty));
    return {.distance = -loss.item(), .penalty = penalty.item()};
}

double wgan_gp_generator_step(const WganGp& model, GameOptimizers& optimizers, const Variable& noise,
                              const Tensor& classes) {
    Tape tape(model.generator.parameters());
    // Maximise D(G(z)).
    const Variable fakes = model.generator(model.told(noise, classes));
    const Variable loss = wasserstein_generator_loss(critic_of(model, classes)(fakes));
    optimizers.generator->step(tape.gradient(loss));
    return loss.item();
}

TaskSpec wgan_gp_task() {
    return {
        .name = "wgan-gp",
        .description = "Generate images with a Wasserstein GAN with gradient penalty",
        .defaults = {.batch_size = 32, .optimizer = adam(), .sizes = dcgan_options},
        .settings = {.latent = true, .width = true, .upsampling = true, .conditional = true, .game = true},
        .metrics = {"distance", "penalty", "gradient_norm", "generator_loss", "checkerboard_share"},
        .caption = "What the generator draws of noise that stays the same.",
        .make_model = [](const Random& random,
                         const TrainingOptions& options) { return std::make_unique<WganGp>(random, options.sizes); },
        .make_task = make_task<WganGpTask>,
        .networks = [](const Module& model, const ImageModelOptions& sizes) -> std::vector<NetworkInput> {
            const auto& game = as<WganGp>(model);
            const Tensor z = Tensor::zeros({1, 1, 1, sizes.latent}), first_class = Tensor::zeros({1});
            return {{"generator", &game.generator, game.told(z, first_class)},
                    {"critic", &game.critic, game.told(one_image(sizes), first_class)}};
        },
        .stages = [](const Module& model) { return stages_of(as<WganGp>(model).critic); },
        .symmetric = true,
        .draw = [](const Module& model, const Variable& noise) -> Variable {
            return from_symmetric_to_unit(as<WganGp>(model).generator(noise).value());
        },
        .benchmarks = {critic_with_penalty(), critic_without_penalty()}};
}

}  // namespace adjoint
