// Truths about dropout: the mean stays, each step has a mask of its own that repeats with the seed, the gradient goes
// the way of the values, and evaluation is the identity.
#include "layers/dropout.h"

#include "framework/ops/reduction.h"
#include "framework/tensor/processes.h"
#include "tests/support/joined_threads.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Tensor ones = Tensor::ones({100, 100});

/// The values of a few steps of training.
std::vector<Tensor> steps_of(const Dropout& layer, int count) {
    const ModeScope training(Mode::train);
    std::vector<Tensor> values;
    for (int i = 0; i < count; ++i) values.push_back(layer(ones).value());
    return values;
}

TEST(Dropout, KeepsTheMeanBySettingTheRateToZeroAndScalingTheRest) {
    for (const double rate : {0.2, 0.5, 0.9}) {
        const Tensor y = dropout(ones, rate, Random(1)).value();
        double zeros = 0;
        for (const double value : y.to_vector()) {
            zeros += value == 0;
            EXPECT_NEAR(value, value == 0 ? 0 : 1 / (1 - rate), 1e-6);
        }
        // Of 10,000 elements, four standard deviations.
        EXPECT_NEAR(zeros / 1e4, rate, 4 * std::sqrt(rate * (1 - rate) / 1e4));
        EXPECT_NEAR(mean(y).item(), 1.0, 4 * std::sqrt(rate / (1 - rate) / 1e4));
    }
}

TEST(Dropout, OfRateZeroIsTheIdentity) {
    const Tensor x = Random(2).normal(Shape{50});
    expect_equal(dropout(x, 0.0, Random(1)), x);
}

TEST(Dropout, HasAMaskThatIsAFunctionOfItsRandomNumbers) {
    expect_equal(dropout(ones, 0.5, Random({.seed = 1, .stream = 2})),
                 dropout(ones, 0.5, Random({.seed = 1, .stream = 2})));
    EXPECT_FALSE(identical(dropout(ones, 0.5, Random({.seed = 1, .stream = 2})).value(),
                           dropout(ones, 0.5, Random({.seed = 1, .stream = 3})).value()));
}

TEST(Dropout, HasTheMaskOfTheWholeBatchWhereThatIsDividedAmongProcesses) {
    const Tensor x = Random(2).normal({13, 3, 2}), alone = dropout(x, 0.5, Random(1)).value();
    const auto part = [&] { return std::vector{gathered(dropout(divided(x), 0.5, Random(1)).value())}; };
    for (const Index count : {2, 3, 8}) EXPECT_TRUE(identical(computed_by(count, part)[0], alone)) << count;
}

TEST(Dropout, HasAnotherMaskInEveryStepAndTheSameOnesForTheSameSeed) {
    const std::vector<Tensor> first = steps_of(Dropout(0.5, Random(1)), 3),
                              again = steps_of(Dropout(0.5, Random(1)), 3),
                              other = steps_of(Dropout(0.5, Random(2)), 3);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(identical(first[i], again[i]));
        EXPECT_FALSE(identical(first[i], other[i]));
        EXPECT_FALSE(identical(first[i], first[(i + 1) % 3]));
    }
}

TEST(Dropout, GoesOnAfterTheStepThatItsBufferNames) {
    const std::vector<Tensor> steps = steps_of(Dropout(0.5, Random(1)), 3);
    const Dropout resumed(0.5, Random(1));
    ASSERT_EQ(resumed.buffers().size(), 1u);
    EXPECT_EQ(resumed.buffers()[0].name, "steps");
    resumed.steps.assign(doubles({}, {2}));
    EXPECT_TRUE(identical(steps_of(resumed, 1)[0], steps[2]));
    EXPECT_EQ(resumed.steps.value().item(), 3);
}

TEST(Dropout, CountsWithWhatIsNoWeight) {
    struct Model : Module {
        Variable forward(const Variable& x) const override { return dropout(x); }
        Parameter scale = parameter("scale", Tensor());
        Buffer mean = buffer("mean", Tensor());
        const Dropout& dropout = child("dropout", Dropout(0.5, Random(1)));
    };
    const Model model;
    const auto names = [](const States& states) {
        std::string all;
        for (const auto& [name, state] : states) all += name + " ";
        return all;
    };
    EXPECT_EQ(names(model.states()), "scale mean dropout.steps ");
    EXPECT_EQ(names(model.weights()), "scale mean ");
    EXPECT_TRUE(model.dropout.steps.counter());
    EXPECT_FALSE(model.mean.counter());
}

TEST(Dropout, IsTheIdentityInEvaluationAndDoesNotCountIt) {
    const Dropout layer(0.5, Random(1));
    const Variable x = ones;
    EXPECT_EQ(layer(x).id(), x.id());
    EXPECT_EQ(layer.steps.value().item(), 0);
}

TEST(Dropout, PassesTheGradientThroughTheSameMask) {
    const Dropout layer(0.5, Random(1));
    const Variable x = ones;
    Tape tape({x});
    const Variable y = layer(x);
    expect_equal(tape.gradient(y, ones)[0], y);
}

TEST(Dropout, RefusesRatesThatLeaveNothing) {
    EXPECT_REFUSAL(Dropout(1.0, Random(1)), "Dropout: the rate must be at least 0 and less than 1; got 1");
    EXPECT_REFUSAL(dropout(ones, -0.1, Random(1)), "dropout: the rate must be at least 0 and less than 1; got -0.1");
    EXPECT_REFUSAL(dropout(ones, NAN, Random(1)), "dropout: the rate must be at least 0 and less than 1; got nan");
}

}  // namespace
}  // namespace adjoint
