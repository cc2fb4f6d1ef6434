// Truths about the DCGAN: its shapes and sizes by hand, and that in one step of the game each network learns from its
// own loss alone, with the generator run once.
#include "models/dcgan.h"

#include "framework/ops/elementwise.h"
#include "layers/analysis/model_summary.h"
#include "layers/losses/losses.h"
#include "tests/support/states.h"
#include "tests/support/values.h"
#include "train/optim/optimizers.h"

namespace adjoint {
namespace {

Tensor noise(Index count) { return Random(9).normal({count, 1, 1, dcgan_noise}); }
Tensor images(Index count) { return Random(8).uniform({count, 28, 28, 1}); }

// ---- architecture ---------------------------------------------------------------------------------------------------

TEST(DcganGenerator, HasTheseParametersAndThisManyNumbers) {
    const Sequential generator = dcgan_generator(Random(1));
    EXPECT_EQ(shapes(generator.parameters()), (Shapes{{"up1.weight", {4, 4, 256, 100}},
                                                      {"norm1.scale", {256}},
                                                      {"norm1.shift", {256}},
                                                      {"up2.weight", {3, 3, 128, 256}},
                                                      {"norm2.scale", {128}},
                                                      {"norm2.shift", {128}},
                                                      {"up3.weight", {4, 4, 64, 128}},
                                                      {"norm3.scale", {64}},
                                                      {"norm3.shift", {64}},
                                                      {"up4.weight", {4, 4, 1, 64}}}));
    EXPECT_EQ(parameter_count(generator), 837'504);
}

TEST(DcganDiscriminator, HasTheseParametersAndThisManyNumbers) {
    const Sequential discriminator = dcgan_discriminator(Random(1));
    EXPECT_EQ(shapes(discriminator.parameters()), (Shapes{{"down1.weight", {4, 4, 1, 64}},
                                                          {"down2.weight", {4, 4, 64, 128}},
                                                          {"norm2.scale", {128}},
                                                          {"norm2.shift", {128}},
                                                          {"down3.weight", {4, 4, 128, 256}},
                                                          {"norm3.scale", {256}},
                                                          {"norm3.shift", {256}},
                                                          {"down4.weight", {3, 3, 256, 1}}}));
    EXPECT_EQ(parameter_count(discriminator), 659'456);
}

TEST(DcganGenerator, DrawsImagesBetweenMinusOneAndOne) {
    const Variable y = dcgan_generator(Random(1))(noise(2));
    ASSERT_EQ(y.shape(), (Shape{2, 28, 28, 1}));
    for (const double value : y.value().to_vector()) EXPECT_LE(std::abs(value), 1.0);
}

TEST(DcganDiscriminator, HasOneLogitAnImage) {
    EXPECT_EQ(dcgan_discriminator(Random(1))(images(2)).shape(), (Shape{2, 1, 1, 1}));
}

TEST(Dcgan, DrawsAndJudgesImagesOfEachSizeAndColour) {
    for (const Index size : {28, 32, 64, 128}) {
        for (const Index channels : {1, 3}) {
            const Dcgan model(Random(1), {.image_size = size, .channels = channels, .latent = 7, .width = 2});
            const Variable y = model(generator_noise(Random(2), 2, {.length = 7}));
            EXPECT_EQ(y.shape(), (Shape{2, size, size, channels}));
            EXPECT_EQ(model.discriminator(y).shape(), (Shape{2, 1, 1, 1}));
        }
    }
}

TEST(DcganGenerator, IsThePapersAt64PixelsInColourAndWidth128) {
    const Sequential generator =
        dcgan_generator(Random(1), {.image_size = 64, .channels = 3, .latent = 100, .width = 128});
    std::vector<Shape> filters;
    for (const NamedState& named : generator.parameters()) {
        if (named.name.ends_with("weight")) filters.push_back(named.state.shape());
    }
    EXPECT_EQ(filters, (std::vector<Shape>{
                           {4, 4, 1024, 100}, {4, 4, 512, 1024}, {4, 4, 256, 512}, {4, 4, 128, 256}, {4, 4, 3, 128}}));
}

TEST(Dcgan, NamesBothNetworksAndRunsItsGeneratorForward) {
    const Dcgan model{Random(1)};
    EXPECT_EQ(model.parameters().front().name, "generator.up1.weight");
    EXPECT_EQ(model.parameters().back().name, "discriminator.down4.weight");
    EXPECT_EQ(model.parameters().size(), 18u);
    EXPECT_EQ(model.buffers().size(), 2u * 5);
    expect_equal(model(noise(2)), model.generator(noise(2)));
}

TEST(Dcgan, BeginsWithWeightsOfDeviationOneFiftieth) {
    const Dcgan model{Random(1)};
    for (const auto& [name, state] : model.parameters()) {
        const bool scale = name.ends_with(".scale");  // of a normalisation: around 1
        if (state.value().size() < 1000 && !scale) continue;
        double squares = 0.0;
        for (const double value : state.value().to_vector()) squares += std::pow(value - (scale ? 1.0 : 0.0), 2);
        EXPECT_NEAR(std::sqrt(squares / static_cast<double>(state.value().size())), 0.02, scale ? 0.006 : 0.002)
            << name;
    }
}

TEST(Dcgan, HasTheSameWeightsForTheSameSeedAndNoTwoLayersAlike) {
    const Dcgan model{Random(1)}, again{Random(1)}, other{Random(2)};
    EXPECT_EQ(changed(model.states(), values(again.states())), Names{});
    EXPECT_EQ(changed(model.parameters(), values(other.parameters())).size(), 18u - 5);  // all but the shifts
    EXPECT_NE(model.generator.parameters()[9].state.value()[0], model.discriminator.parameters()[0].state.value()[0]);
}

// ---- one step of the game -------------------------------------------------------------------------------------------

struct Game : testing::Test {
    const Dcgan model{Random(1)};
    const Sequential &generator = model.generator, &discriminator = model.discriminator;
    Adam g_adam{generator.parameters()}, d_adam{discriminator.parameters()};
    const Variable real = images(4);

    void discriminator_step(const Variable& fakes) {
        Tape tape(discriminator.parameters());
        const Variable loss = binary_cross_entropy_with_logits(discriminator(real), 1.0) +
                              binary_cross_entropy_with_logits(discriminator(stop_gradient(fakes)), 0.0);
        EXPECT_FALSE(tape.depends(fakes));
        d_adam.step(tape.gradient(loss));
    }
};

TEST_F(Game, TheGeneratorsTapeKnowsTheFakesButNotTheDiscriminator) {
    const Tape generating(generator.parameters());
    const Variable fakes = generator(noise(4));
    EXPECT_TRUE(generating.depends(fakes));
    EXPECT_FALSE(generating.depends(discriminator(real)));
    EXPECT_FALSE(generating.depends(discriminator(stop_gradient(fakes))));
    EXPECT_TRUE(generating.depends(discriminator(fakes)));
    for (const auto& [name, state] : discriminator.parameters()) EXPECT_FALSE(generating.depends(state)) << name;
}

TEST_F(Game, TheDiscriminatorsStepChangesAllOfItAndNothingOfTheGenerator) {
    const Tape generating(generator.parameters());
    const Variable fakes = generator(noise(4));
    const std::vector<Tensor> before = values(generator.states()), d_before = values(discriminator.states());
    discriminator_step(fakes);
    EXPECT_EQ(changed(generator.states(), before), Names{});
    EXPECT_EQ(changed(discriminator.states(), d_before).size(), discriminator.states().size());
}

TEST_F(Game, TheGeneratorsStepChangesAllOfItAndNoWeightOfTheDiscriminator) {
    const std::vector<Tensor> before = values(generator.states()), d_before = values(discriminator.parameters());
    Tape generating(generator.parameters());
    const Variable fakes = generator(noise(4));
    g_adam.step(generating.gradient(binary_cross_entropy_with_logits(discriminator(fakes), 1.0)));
    EXPECT_EQ(changed(generator.states(), before).size(), generator.states().size());
    EXPECT_EQ(changed(discriminator.parameters(), d_before), Names{});
}

TEST_F(Game, RunningTheGeneratorOnceGivesTheGradientOfRunningItAgain) {
    Tape generating(generator.parameters());
    const Variable fakes = generator(noise(4));
    discriminator_step(fakes);
    const auto once = generating.gradient(binary_cross_entropy_with_logits(discriminator(fakes), 1.0));

    Tape again(generator.parameters());
    const auto twice = again.gradient(binary_cross_entropy_with_logits(discriminator(generator(noise(4))), 1.0));
    ASSERT_EQ(once.size(), generator.parameters().size());
    for (std::size_t i = 0; i < once.size(); ++i) {
        EXPECT_TRUE(identical(once[i].value(), twice[i].value())) << generator.parameters()[i].name;
    }
}

// ---- classes --------------------------------------------------------------------------------------------------------

TEST(WithClasses, AddsAChannelForEachOfThem) {
    const Tensor x({2, 1, 2, 1}, {5, 6, 7, 8}, DType::float32);
    expect_tensor(with_classes(x, Tensor({2}, {2, 0}), 3), {2, 1, 2, 4},
                  {5, 0, 0, 1, 6, 0, 0, 1, 7, 1, 0, 0, 8, 1, 0, 0});
    expect_equal(with_classes(x, Tensor({2}, {2, 0}), 0), x, 0.0);
    EXPECT_REFUSAL(with_classes(x, Tensor({2}, {3, 0}), 3),
                   "one_hot: an index must be a whole number from 0 to 2; got 3");
    EXPECT_REFUSAL(with_classes(x, Tensor({1}, {0}), 3),
                   "with_classes: there must be images [N, H, W, C] and N classes; got [2, 1, 2, 1] and [1]");
}

TEST(Dcgan, IsToldClassesInBothNetworks) {
    const Dcgan model(Random(1), {.latent = 5, .width = 4, .told_classes = 3});
    EXPECT_EQ(shapes(model.generator.parameters())[0].second, (Shape{4, 4, 16, 8}));
    EXPECT_EQ(shapes(model.discriminator.parameters())[0].second, (Shape{4, 4, 4, 4}));
}

}  // namespace
}  // namespace adjoint
