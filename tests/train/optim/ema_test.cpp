// Truths about averaged weights: the recursion by hand, that nothing remains of what was there before, and what is
// copied.
#include "train/optim/ema.h"

#include "layers/linear.h"
#include "layers/normalization.h"
#include "models/autoencoder.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Linear linear(std::uint64_t seed) {
    Linear layer({.in = 3, .out = 2}, Random(seed));
    layer.cast(DType::float64);
    return layer;
}

TEST(ExponentialMovingAverage, FollowsTheWeightsByADecayThatGrowsToItsValue) {
    for (const double decay : {0.0, 0.9, 0.999}) {
        const Linear model = linear(1), average = linear(2);
        ExponentialMovingAverage averaging(model, average, decay);
        std::vector<long double> expected(6);
        for (int t = 0; t < 120; ++t) {
            const Tensor weight = Random(static_cast<std::uint64_t>(t)).normal(model.weight.shape(), DType::float64);
            model.weight.assign(weight);
            averaging.update();
            // From t = 81 on 0.9 is the smaller.
            const long double kept = std::min<long double>(decay, (1.0L + t) / (10.0L + t));
            for (Index i = 0; i < 6; ++i) {
                long double& a = expected[static_cast<std::size_t>(i)];
                a = t == 0 ? weight[i] : kept * a + (1.0L - kept) * weight[i];
                EXPECT_NEAR(average.weight.value()[i], static_cast<double>(a), 1e-14) << t << ", decay " << decay;
            }
        }
    }
}

TEST(ExponentialMovingAverage, IsTheFirstWeightsAtFirstFrozenOrNotWhateverTheModelHeldBefore) {
    const Linear model = linear(1), average = linear(2);
    average.weight.assign(Tensor::full({3, 2}, std::nan(""), DType::float64));
    model.freeze("weight");
    ExponentialMovingAverage(model, average, 0.999).update();
    EXPECT_TRUE(identical(average.weight.value(), model.weight.value()));
    EXPECT_TRUE(identical(average.bias->value(), model.bias->value()));
}

TEST(ExponentialMovingAverage, GoesOnInAnotherAsIfItHadNeverStopped) {
    const Linear model = linear(1), average = linear(2);
    const auto weights_after = [&](bool handed_over) {
        ExponentialMovingAverage first(model, average, 0.9), second(model, average, 0.9);
        for (std::uint64_t t = 1; t <= 6; ++t) {
            model.weight.assign(Random(t).normal(model.weight.shape(), DType::float64));
            if (handed_over && t == 4) second.resume(3);
            (handed_over && t >= 4 ? second : first).update();
        }
        return average.weight.value();
    };
    const Tensor whole = weights_after(false);
    EXPECT_TRUE(identical(weights_after(true), whole));
}

TEST(ExponentialMovingAverage, OfWeightsThatStayIsThemBitForBit) {
    const Autoencoder model(Random(1)), average(Random(2));
    ExponentialMovingAverage averaging(model, average, 0.99);
    for (int t = 0; t < 5; ++t) averaging.update();
    for (std::size_t i = 0; i < model.states().size(); ++i) {
        EXPECT_TRUE(identical(average.states()[i].state.value(), model.states()[i].state.value()));
    }
}

TEST(ExponentialMovingAverage, CopiesBuffersAndDoesNotFollowTheModelByItself) {
    const BatchNorm model({.channels = 1}, Random(1)), average({.channels = 1}, Random(1));
    ExponentialMovingAverage averaging(model, average, 0.5);
    for (const double mean : {1.0, 7.0}) {
        model.running_mean.assign(Tensor({1}, {mean}));
        model.shift.assign(Tensor({1}, {mean}));
        averaging.update();
    }
    model.running_mean.assign(Tensor({1}, {9}));
    EXPECT_EQ(average.running_mean.value().item(), 7.0);
    EXPECT_FLOAT_EQ(static_cast<float>(average.shift.value().item()), 65.0f / 11);  // (2·1 + 9·7) / 11
}

TEST(ExponentialMovingAverage, RefusesDecaysThatGiveNoMeanAndModelsThatAreNotAlike) {
    const Linear model = linear(1), other({.in = 3, .out = 4}, Random(1));
    for (const double decay : {-0.1, 1.0, std::nan("")})
        EXPECT_THROW(ExponentialMovingAverage(model, model, decay), Error);
    EXPECT_EQ(error_of([&] { ExponentialMovingAverage(model, model, 1.0); }),
              "ExponentialMovingAverage: the decay must be at least 0 and below 1; got 1");
    EXPECT_EQ(error_of([&] { ExponentialMovingAverage(model, other, 0.5); }),
              "ExponentialMovingAverage: both models must have the same states; got 2 and 2");
}

}  // namespace
}  // namespace adjoint
