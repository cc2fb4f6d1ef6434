// Truths about the Wasserstein game: its critic's sizes, that it scores each image by itself, and its steps.
#include "train/tasks/games/wgan_gp.h"

#include <algorithm>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/convolution.h"
#include "layers/losses/losses.h"
#include "models/dcgan.h"
#include "tests/support/states.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"
#include "train/optim/schedules.h"

namespace adjoint {
namespace {

Tensor images(Index count, std::uint64_t stream = 8) { return Random(stream).uniform({count, 28, 28, 1}); }

// ---- architecture ---------------------------------------------------------------------------------------------------

TEST(WganCritic, HasTheseParametersAndNoMomentsOfBatches) {
    EXPECT_EQ(shapes(wgan_critic(Random(1)).states()), (Shapes{{"down1.weight", {4, 4, 1, 64}},
                                                               {"down1.bias", {64}},
                                                               {"down2.weight", {4, 4, 64, 128}},
                                                               {"down2.bias", {128}},
                                                               {"down3.weight", {4, 4, 128, 256}},
                                                               {"down3.bias", {256}},
                                                               {"score.weight", {3, 3, 256, 1}},
                                                               {"score.bias", {1}}}));
}

TEST(WganCritic, BeginsWithTheseWeightsToTheLastBit) {
    const States parameters = wgan_critic(Random(1)).parameters();
    const std::vector<Index> channels = {1, 64, 128, 256, 1};
    for (std::size_t layer = 0; layer < 4; ++layer) {
        const Index side = layer == 3 ? 3 : 4;
        const Conv2D same({.in_channels = channels[layer],
                           .out_channels = channels[layer + 1],
                           .kernel = {side, side},
                           .initializer = initializers::he_normal()},
                          Random(1).stream(layer + 1));
        EXPECT_TRUE(identical(parameters[2 * layer].state.value(), same.weight.value())) << layer;
    }
}

TEST(WganCritic, ScoresAnImageWhateverTheOthersAreInTrainingToo) {
    const Sequential critic = wgan_critic(Random(1));
    const Tape tape(critic.parameters());
    const Tensor both = images(2), first = images(1);
    const Variable scores = critic(both);
    ASSERT_EQ(scores.shape(), (Shape{2, 1, 1, 1}));
    EXPECT_FLOAT_EQ(static_cast<float>(scores.value()[0]), static_cast<float>(critic(first).item()));
}

TEST(WganGp, DrawsAndScoresImagesOfEachSizeAndColour) {
    for (const Index size : {28, 32, 64, 128}) {
        for (const Index channels : {1, 3}) {
            const WganGp model(Random(1), {.image_size = size, .channels = channels, .latent = 7, .width = 2});
            const Variable y = model(generator_noise(Random(2), 2, {.length = 7}));
            EXPECT_EQ(y.shape(), (Shape{2, size, size, channels}));
            EXPECT_EQ(model.critic(y).shape(), (Shape{2, 1, 1, 1}));
        }
    }
    EXPECT_REFUSAL(wgan_critic(Random(1), {.image_size = 30, .latent = 7, .width = 2}),
                   "wgan_critic: image_size must be 28, 32, 64 or 128; got 30");
}

TEST(WganCritic, HalvesLargerImagesDownToFourPixels) {
    EXPECT_EQ(shapes(wgan_critic(Random(1), {.image_size = 64, .channels = 3, .latent = 7, .width = 2}).parameters()),
              (Shapes{{"down1.weight", {4, 4, 3, 2}},
                      {"down1.bias", {2}},
                      {"down2.weight", {4, 4, 2, 4}},
                      {"down2.bias", {4}},
                      {"down3.weight", {4, 4, 4, 8}},
                      {"down3.bias", {8}},
                      {"down4.weight", {4, 4, 8, 16}},
                      {"down4.bias", {16}},
                      {"score.weight", {4, 4, 16, 1}},
                      {"score.bias", {1}}}));
}

TEST(WganGp, HasTheGeneratorOfTheDcgan) {
    const WganGp model{Random(1)};
    const States generator = Dcgan(Random(1)).generator.states();
    EXPECT_EQ(changed(model.generator.states(), values(generator)), Names{});
    EXPECT_EQ(model.states().front().name, "generator.up1.weight");
    expect_equal(model(generator_noise(Random(2), 3)), model.generator(generator_noise(Random(2), 3)));
}

// ---- the penalty through the whole critic ---------------------------------------------------------------------------

TEST(WganGp, PenaltyHasTheGradientOfItsFiniteDifferences) {
    Sequential critic = wgan_critic(Random(1));
    critic.cast(DType::float64);
    const Variable real = images(3).cast(DType::float64), fake = images(3, 9).cast(DType::float64);
    const States parameters = critic.parameters();
    const auto penalty = [&] { return gradient_penalty(critic, real, fake, Random(5)); };
    std::vector<Variable> gradients;
    {
        Tape tape(parameters);
        // The last bias moves every score alike, and so no slope.
        gradients = tape.gradient(penalty(), Unconnected::zero);
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& [name, parameter] = parameters[i];
        const Variable before = parameter, direction = Random(7).stream(i).normal(parameter.shape(), DType::float64);
        const double h = 1e-7;
        parameter.assign((before + h * direction).value());
        const double above = penalty().item();
        parameter.assign((before - h * direction).value());
        const double below = penalty().item();
        parameter.assign(before.value());
        const double slope = sum(gradients[i] * direction).item();
        EXPECT_NEAR(slope, (above - below) / (2 * h), 1e-6 * std::max(1.0, std::abs(slope))) << name;
    }
}

// ---- steps ----------------------------------------------------------------------------------------------------------

struct WassersteinGame : testing::Test {
    const WganGp model{Random(1)};
    GameOptimizers optimizers{model.generator, model.critic, {.learning_rate = 1e-3, .beta1 = 0.0, .beta2 = 0.9}};

    CriticLosses critic_step() { return wgan_gp_critic_step(model, optimizers, images(4), images(4, 9), Random(3)); }
};

TEST_F(WassersteinGame, ACriticsStepChangesAllOfItAndNothingOfTheGenerator) {
    const std::vector<Tensor> generator = values(model.generator.states()), critic = values(model.critic.states());
    critic_step();
    EXPECT_EQ(changed(model.generator.states(), generator), Names{});
    const Names changes = changed(model.critic.states(), critic);
    // The last bias adds to real and drawn scores alike.
    EXPECT_EQ(changes.size(), critic.size() - 1);
    EXPECT_EQ(std::count(changes.begin(), changes.end(), "score.bias"), 0);
}

TEST_F(WassersteinGame, AGeneratorsStepChangesAllOfItAndNothingOfTheCritic) {
    const std::vector<Tensor> generator = values(model.generator.states()), critic = values(model.critic.states());
    wgan_gp_generator_step(model, optimizers, generator_noise(Random(2), 4));
    EXPECT_EQ(changed(model.critic.states(), critic), Names{});
    EXPECT_EQ(changed(model.generator.states(), generator).size(), generator.size());
}

TEST_F(WassersteinGame, ACriticsStepIsTheSameForAnyNumberOfThreads) {
    std::vector<Tensor> one;
    for (const int count : {1, 2, 3, 8}) {
        const WithThreads threads(count);
        const WganGp again{Random(1)};
        GameOptimizers adams(again.generator, again.critic, {.learning_rate = 1e-3, .beta1 = 0.0, .beta2 = 0.9});
        for (std::uint64_t step = 0; step < 2; ++step) {
            wgan_gp_critic_step(again, adams, images(16), images(16, 9), Random(3).stream(step));
        }
        if (count == 1) one = values(again.states());
        EXPECT_EQ(changed(again.states(), one), Names{}) << count << " threads";
    }
}

// Where each drawn image is a real one moved by the same vector of length L, a slope s between them earns s·L and costs
// 10·(s − 1)²: the best is s = 1 + L / 20.
TEST_F(WassersteinGame, TheCriticLearnsTheSlopeThatEarnsMostForItsPenalty) {
    const double move = 0.1, length = move * 28, slope = 1.0 + length / 20.0;
    const Tensor real = images(16), fake = (Variable(real) - move).value();
    const LinearDecay schedule{.steps = 80};
    for (Index step = 0; step < schedule.steps; ++step) {
        optimizers.generator->learning_rate_scale = optimizers.judge->learning_rate_scale = schedule(step);
        wgan_gp_critic_step(model, optimizers, real, fake, Random(3).stream(static_cast<std::uint64_t>(step)));
    }
    EXPECT_NEAR(mean(gradient_norms(model.critic, real, fake, Random(4))).item(), slope, 0.05 * slope);
    EXPECT_NEAR(-wasserstein_critic_loss(model.critic(real), model.critic(fake)).item(), slope * length,
                0.05 * slope * length);
}

// A critic that looks at classes alone has a slope of 0 between images, which costs (0 − 1)².
TEST(WganGp, IsToldClassesAndHasTheSlopeBetweenImagesOfOneClass) {
    const WganGp model(Random(1), {.latent = 5, .width = 4, .told_classes = 3});
    EXPECT_EQ(model.generator.parameters()[0].state.shape(), (Shape{4, 4, 16, 8}));
    State filters = model.critic.parameters()[0].state;
    EXPECT_EQ(filters.shape(), (Shape{4, 4, 4, 4}));
    const Tensor image_channel({4, 1}, {0, 1, 1, 1}, DType::float32);
    filters.assign((filters * image_channel).value());
    GameOptimizers optimizers(model.generator, model.critic, {.learning_rate = 1e-3});
    const Tensor classes({4}, {0, 1, 2, 1});
    EXPECT_NEAR(wgan_gp_critic_step(model, optimizers, images(4), images(4, 9), Random(3), classes).penalty, 1.0, 1e-4);
}

}  // namespace
}  // namespace adjoint
