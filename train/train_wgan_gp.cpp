// How do the two networks of a Wasserstein game learn? The critic to tell how far drawn images are from real ones, with a
// slope of 1 between them, the generator to come nearer. An epoch is one pass of the critic over the images.
#include <fmt/format.h>

#include "datasets/batches.h"
#include "framework/reduction.h"
#include "layers/gan_losses.h"
#include "train/epoch_log.h"
#include "train/pictures.h"
#include "train/training.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12, picture_count = 96;
// As the paper has them. Its learning rate of 1e-4 is for hundreds of thousands of steps: by default ours is five times
// that, with which digits appear within one epoch of MNIST, and slopes stay near 1.
constexpr double beta1 = 0.0, beta2 = 0.9;
constexpr double penalty_weight = 10.0;
constexpr std::uint64_t critic_steps = 5;  // for one of the generator

struct TestResults {
    double distance;
    double penalty;
    double gradient_norm;
    double generator_loss;
};

// On images that neither network has seen.
TestResults test(const WganGp& model, const Dataset& dataset, const RunRandom& random) {
    constexpr Index count = 500;
    const Variable images = from_unit_to_symmetric(first_images(dataset, count));
    const Variable fakes = model.generator(generator_noise(random.fixed_noise, images.extent(0)));
    const Variable real_score = model.critic(images), fake_score = model.critic(fakes);
    const Variable norms = gradient_norms(model.critic, images, fakes, random.between);
    return {.distance = -wasserstein_critic_loss(real_score, fake_score).item(),
            .penalty = mean(power(norms - 1.0, 2.0)).item(),
            .gradient_norm = mean(norms).item(),
            .generator_loss = wasserstein_generator_loss(fake_score).item()};
}

// Images drawn as in training: a tape is live, though it watches nothing.
Variable draw(const Sequential& generator, const Variable& noise) {
    const Tape training({});
    return generator(noise);
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

void train_wgan_gp(const TrainingOptions& options) {
    const Datasets data = open_datasets(options.dataset);
    const RunRandom random(options.seed);
    TrainedModel<WganGp> trained("wgan-gp", random.weights, options.refinements);
    const WganGp& model = trained.model;
    WganGpOptimizers optimizers(model, options.learning_rate, clipping_of(options.refinements));
    const RunDirectory run = start_run("wgan-gp", data.name, options);
    const Tensor fixed_noise = generator_noise(random.fixed_noise, picture_count);

    StepCounter steps(options.max_steps);
    for (int epoch = 1; epoch <= options.epochs && !steps.reached(); ++epoch) {
        const Random order = random.order.stream(static_cast<std::uint64_t>(epoch));
        Batches batches(data.training, {.batch_size = options.batch_size, .shuffle = order, .drop_last = true});
        Progress progress(epoch, options.epochs, batches.count());
        const Schedule schedule = schedule_of(options.refinements, options.epochs * batches.count());
        while (const auto batch = steps.reached() ? std::nullopt : batches.next()) {
            optimizers.set_rate_factor(schedule(steps.steps()));
            const Tensor images = from_unit_to_symmetric(batch->images);
            const Tensor z = generator_noise(random.noise.stream(steps.steps()), options.batch_size);
            const Random between = random.between.stream(steps.steps());
            const CriticLosses losses =
                wgan_gp_critic_step(model, optimizers, images, draw(model.generator, z), between);
            steps.count();
            if (steps.steps() % critic_steps == 0) wgan_gp_generator_step(model, optimizers, z);
            trained.follow();
            progress.step(options.batch_size,
                          fmt::format("distance {:.3f}  penalty {:.3f}", losses.distance, losses.penalty));
        }
        const TestResults results = test(trained.shown(), *data.test, random);
        const std::filesystem::path picture = run.sample(fmt::format("epoch-{:03}", epoch));
        write_png(picture, picture_grid(from_symmetric_to_unit(trained.shown().generator(fixed_noise).value()),
                                        picture_columns));
        trained.save(run);
        log_epoch(run, epoch,
                  {{"test_distance", results.distance},
                   {"test_penalty", results.penalty},
                   {"test_gradient_norm", results.gradient_norm},
                   {"test_generator_loss", results.generator_loss}},
                  progress, {{"generator.", optimizers.generator}, {"critic.", optimizers.critic}});
        fmt::print(
            "epoch {}: test distance {:.3f}, penalty {:.3f}, mean gradient norm {:.3f}, loss of the generator {:.3f}; "
            "{}\n",
            epoch, results.distance, results.penalty, results.gradient_norm, results.generator_loss, picture.string());
    }
    fmt::print("weights: {}\n", run.weights().string());
}

}  // namespace adjoint
