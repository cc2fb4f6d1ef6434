// How do the DCGAN's two networks learn? The discriminator to tell real images from drawn ones, the generator to be
// taken for real.
#include <fmt/format.h>

#include "datasets/batches.h"
#include "layers/losses.h"
#include "train/epoch_log.h"
#include "train/pictures.h"
#include "train/training.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12, picture_count = 96;
constexpr double beta1 = 0.5;  // of Adam, as the paper has it
// Real images are said to be real with this certainty: a discriminator that is never sure leaves the generator a slope to
// climb.   Source: Salimans et al., "Improved techniques for training GANs", 2016, one-sided label smoothing.
constexpr double real_label = 0.9;

// The two losses on images that neither network has seen.
DcganLosses test(const Dcgan& model, const Dataset& dataset, const Random& random, Index latent) {
    constexpr Index count = 500;
    const Variable images = from_unit_to_symmetric(first_images(dataset, count));
    const Variable real = model.discriminator(images);
    const Variable fake = model.discriminator(model.generator(generator_noise(random, images.extent(0), 0, latent)));
    return {.generator = binary_cross_entropy_with_logits(fake, 1.0).item(),
            .discriminator = binary_cross_entropy_with_logits(real, 1.0).item() +
                             binary_cross_entropy_with_logits(fake, 0.0).item()};
}

}  // namespace

DcganOptimizers::DcganOptimizers(const Dcgan& model, double learning_rate, const GradientClipping& clipping)
    : generator(model.generator.parameters(), {.learning_rate = learning_rate, .beta1 = beta1}),
      discriminator(model.discriminator.parameters(), {.learning_rate = learning_rate, .beta1 = beta1}) {
    generator.clipping = discriminator.clipping = clipping;
}

DcganLosses dcgan_step(const Dcgan& model, DcganOptimizers& optimizers, const Variable& images, const Variable& noise) {
    const Sequential &generator = model.generator, &discriminator = model.discriminator;
    Tape generating(generator.parameters());  // (2) will need how the images came about
    const Variable fakes = generator(noise);
    // (1) Discriminator: maximise log D(x) + log(1 − D(G(z))).
    Variable d_loss;
    {
        Tape tape(discriminator.parameters());
        d_loss = binary_cross_entropy_with_logits(discriminator(images), real_label) +
                 binary_cross_entropy_with_logits(discriminator(constant(fakes)), 0.0);
        optimizers.discriminator.step(tape.gradient(d_loss));
    }
    // (2) Generator: maximise log D(G(z)).
    const Variable g_loss = binary_cross_entropy_with_logits(discriminator(fakes), 1.0);
    optimizers.generator.step(generating.gradient(g_loss));
    return {.generator = g_loss.item(), .discriminator = d_loss.item()};
}

void train_dcgan(const TrainingOptions& options) {
    const Datasets data = open_datasets(options.dataset);
    const RunRandom random(options.seed);
    const ImageModelOptions sizes = options.sizes.value_or(dcgan_options);
    TrainedModel<Dcgan> trained("dcgan", random.weights, options.refinements, sizes);
    const Dcgan& model = trained.model;
    DcganOptimizers optimizers(model, options.learning_rate, clipping_of(options.refinements));
    const RunDirectory run = start_run("dcgan", data.name, options);
    const Tensor fixed_noise = generator_noise(random.fixed_noise, picture_count, 0, sizes.latent);

    StepCounter steps(options.max_steps);
    for (int epoch = 1; epoch <= options.epochs && !steps.reached(); ++epoch) {
        const Random order = random.order.stream(static_cast<std::uint64_t>(epoch));
        Batches batches(data.training, {.batch_size = options.batch_size, .shuffle = order, .drop_last = true});
        Progress progress(epoch, options.epochs, batches.count());
        // The rate falls in a straight line to 0 by default, so that it can begin at five times the paper's 2e-4 and the
        // two networks still settle: on MNIST the samples of five epochs come much nearer to real digits.
        const Schedule schedule = schedule_of(options.refinements, options.epochs * batches.count());
        while (const auto batch = steps.reached() ? std::nullopt : batches.next()) {
            optimizers.set_rate_factor(schedule(steps.steps()));
            const Tensor images = from_unit_to_symmetric(batch->images);
            const Tensor z = generator_noise(random.noise.stream(steps.steps()), options.batch_size, 0, sizes.latent);
            const DcganLosses losses = dcgan_step(model, optimizers, images, z);
            trained.follow();
            progress.step(options.batch_size, fmt::format("discriminator {:.3f}  generator {:.3f}",
                                                          losses.discriminator, losses.generator));
            steps.count();
        }
        const DcganLosses losses = test(trained.shown(), *data.test, random.fixed_noise, sizes.latent);
        const std::filesystem::path picture = run.sample(fmt::format("epoch-{:03}", epoch));
        write_png(picture, picture_grid(from_symmetric_to_unit(trained.shown().generator(fixed_noise).value()),
                                        picture_columns));
        trained.save(run);
        log_epoch(run, epoch,
                  {{"test_discriminator_loss", losses.discriminator}, {"test_generator_loss", losses.generator}},
                  progress, {{"generator.", optimizers.generator}, {"discriminator.", optimizers.discriminator}});
        fmt::print("epoch {}: test loss of the discriminator {:.3f}, of the generator {:.3f}; {}\n", epoch,
                   losses.discriminator, losses.generator, picture.string());
    }
    fmt::print("weights: {}\n", run.weights().string());
}

}  // namespace adjoint
