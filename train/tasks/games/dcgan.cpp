#include "train/tasks/games/dcgan.h"

#include <fmt/format.h>

#include "framework/tensor/processes.h"
#include "layers/losses/losses.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr double beta1 = 0.5;  // as the paper has it

class DcganTask : public GameTask {
  public:
    explicit DcganTask(const TrainingSetup& setup)
        : GameTask(setup), optimizers_(as<Dcgan>(model()).generator, as<Dcgan>(model()).discriminator, setup.options) {}

    Metrics step(const Batch& batch, std::uint64_t t) override {
        const Tensor images = from_unit_to_symmetric(batch.images);
        const Tensor z = noise(setup_.random.noise.stream(t), whole_extent(images));
        return dcgan_step(as<Dcgan>(model()), optimizers_, images, z, labels_of(batch), setup_.options.real_label);
    }

    // The two losses on images that neither network has seen.
    Evaluation evaluate(const std::shared_ptr<const Dataset>& data) const override {
        constexpr Index count = 500;
        const auto& model = as<Dcgan>(evaluation_model());
        const Batch batch = divided(first_batch(*data, count));
        const Tensor images = from_unit_to_symmetric(batch.images), classes = labels_of(batch);
        const Tensor z = noise(setup_.random.fixed_noise, whole_extent(images));
        const Variable fakes = model.generator(model.told(z, classes));
        const Variable real = model.discriminator(model.told(images, classes));
        const Variable fake = model.discriminator(model.told(fakes, classes));
        const double g_loss = binary_cross_entropy_with_logits(fake, 1.0).item();
        const double d_loss =
            binary_cross_entropy_with_logits(real, 1.0).item() + binary_cross_entropy_with_logits(fake, 0.0).item();
        return with_samples(
            {.metrics = {{"discriminator_loss", d_loss}, {"generator_loss", g_loss}},
             .sentence = fmt::format("loss of the discriminator {:.3f}, of the generator {:.3f}", d_loss, g_loss)},
            model.generator, model.told_classes);
    }

    std::vector<NamedOptimizer> optimizers() override {
        return {{"generator.", *optimizers_.generator}, {"discriminator.", *optimizers_.judge}};
    }

  protected:
    // The discriminator sees real and drawn images in turn.
    void run_for_moments(const Module& model, Index number) const override {
        const auto& dcgan = as<Dcgan>(model);
        const Batch batch = batch_for_moments(number);
        const Tensor z =
            noise(setup_.random.moments.stream(static_cast<std::uint64_t>(number)), setup_.options.batch_size);
        const Tensor classes = labels_of(batch);
        dcgan.discriminator(dcgan.told(from_unit_to_symmetric(batch.images), classes));
        dcgan.discriminator(dcgan.told(dcgan.generator(dcgan.told(z, classes)), classes));
    }

  private:
    GameOptimizers optimizers_;
};

// Colour images of 64 or 128 pixels.
constexpr ImageModelOptions colours(Index size) {
    return {.image_size = size, .channels = 3, .latent = dcgan_noise, .width = 64};
}

// A step of both networks.
Benchmark game(const std::string& name, const ImageModelOptions& sizes, const std::string& note = "") {
    return {name, 64,
            [=](Index batch) {
                const auto model = std::make_shared<Dcgan>(Random(1), sizes);
                const auto optimizers = std::make_shared<GameOptimizers>(
                    model->generator, model->discriminator, OptimizerChoice{.learning_rate = 2e-4, .beta1 = beta1});
                const Variable images =
                    divided(Random(2).uniform({batch, sizes.image_size, sizes.image_size, sizes.channels}));
                return [=, step = 0]() mutable {
                    dcgan_step(*model, *optimizers, images, divided(generator_noise(Random(3).stream(++step), batch)));
                };
            },
            note};
}

// Images that the generator draws, as of a trained one: without a tape, by the running moments.
Benchmark drawing(const std::string& name, const ImageModelOptions& sizes, const std::string& note) {
    return {name, 64,
            [=](Index batch) {
                const auto generator = std::make_shared<Sequential>(dcgan_generator(Random(1), sizes));
                const Variable noise = divided(generator_noise(Random(3), batch));
                return [=] { (*generator)(noise); };
            },
            note};
}

std::vector<Benchmark> benchmarks() {
    return {game("dcgan", dcgan_options), game("dcgan64", colours(64), "64×64×3"),
            drawing("generator", dcgan_options, "of dcgan, draws only"), drawing("generator64", colours(64), "64×64×3"),
            drawing("generator128", colours(128), "128×128×3")};
}

}  // namespace

Metrics dcgan_step(const Dcgan& model, GameOptimizers& optimizers, const Variable& images, const Variable& noise,
                   const Tensor& classes, double real_label) {
    const Sequential &generator = model.generator, &discriminator = model.discriminator;
    const ModeScope training(Mode::train);    // both networks see the moments of each batch
    Tape generating(generator.parameters());  // records how the images come about, for the generator's step below
    const auto told = [&](const Variable& x) { return model.told(x, classes); };
    const Variable fakes = generator(told(noise));
    // (1) Discriminator: maximise log D(x) + log(1 − D(G(z))).
    Variable d_loss;
    {
        Tape tape(discriminator.parameters());
        // Real images first, as its running moments follow both in this order.
        const Variable real = binary_cross_entropy_with_logits(discriminator(told(images)), real_label);
        d_loss = real + binary_cross_entropy_with_logits(discriminator(told(stop_gradient(fakes))), 0.0);
        optimizers.judge->step(tape.gradient(d_loss));
    }
    // (2) Generator: maximise log D(G(z)).
    const Variable g_loss = binary_cross_entropy_with_logits(discriminator(told(fakes)), 1.0);
    optimizers.generator->step(generating.gradient(g_loss));
    return {{"D loss", d_loss.item()}, {"G loss", g_loss.item()}};
}

TaskSpec dcgan_task() {
    return {
        .name = "dcgan",
        .description = "Generate images with a deep convolutional GAN",
        // The rate falls in a straight line to 0, so that it can begin at five times the paper's 2e-4 and the two
        // networks still settle: on MNIST the samples of five epochs come much nearer to real digits.
        .defaults = {.batch_size = 64,
                     .optimizer = {.learning_rate = 1e-3, .beta1 = beta1},
                     .schedule = "linear",
                     .sizes = dcgan_options,
                     .real_label = 0.9},
        .settings =
            {.latent = true, .width = true, .upsampling = true, .conditional = true, .game = true, .real_label = true},
        .recipes = {{"dcgan",
                     "as in the paper of 2015",
                     {{"batch-size", "128"}, {"lr", "2e-4"}, {"schedule", "constant"}, {"real-label", "1"}}}},
        .metrics = {"discriminator_loss", "generator_loss", "checkerboard_share"},
        .caption = "What the generator draws of noise that stays the same.",
        .make_model = [](const Random& random,
                         const TrainingOptions& options) { return std::make_unique<Dcgan>(random, options.sizes); },
        .make_task = make_task<DcganTask>,
        .networks = [](const Module& model, const ImageModelOptions& sizes) -> std::vector<NetworkInput> {
            const auto& dcgan = as<Dcgan>(model);
            const Tensor z = Tensor::zeros({1, 1, 1, sizes.latent}), first_class = Tensor::zeros({1});
            return {{"generator", &dcgan.generator, dcgan.told(z, first_class)},
                    {"discriminator", &dcgan.discriminator, dcgan.told(one_image(sizes), first_class)}};
        },
        .stages = [](const Module& model) { return stages_of(as<Dcgan>(model).discriminator); },
        .symmetric = true,
        .draw = [](const Module& model, const Variable& noise) -> Variable {
            return from_symmetric_to_unit(as<Dcgan>(model).generator(noise).value());
        },
        .benchmarks = benchmarks()};
}

}  // namespace adjoint
