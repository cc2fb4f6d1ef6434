// Truths about the choice of an optimiser: each name is that optimiser with the options that were chosen, to the last
// bit, and nothing chosen is ignored where that could surprise.
#include "train/optim/optimizer_choice.h"

#include "tests/support/values.h"

namespace adjoint {
namespace {

/// A parameter after five steps.
Tensor after_steps(const std::function<std::unique_ptr<Optimizer>(const States&)>& make) {
    const Parameter p(doubles({2}, {1, -2}));
    const std::unique_ptr<Optimizer> optimizer = make({{"p", p}});
    for (const double slope : {0.5, -2.0, 3.0, 0.1, -1.0}) optimizer->step({doubles({2}, {slope, 1 - slope})});
    return p.value();
}

Tensor after_steps_of(const OptimizerChoice& choice) {
    return after_steps([&](const States& p) { return make_optimizer(p, choice); });
}

template <class Options>
Tensor after_steps_with(const Options& options) {
    return after_steps([&](const States& p) { return std::make_unique<OptimizerOf<Options>>(p, options); });
}

TEST(MakeOptimizer, MakesTheOneOfThatNameWithTheOptionsThatWereChosen) {
    OptimizerChoice choice = {.learning_rate = 0.1, .weight_decay = 0.3, .beta1 = 0.5, .beta2 = 0.75};
    EXPECT_TRUE(identical(
        after_steps_of(choice),
        after_steps_with(AdamOptions{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .weight_decay = 0.3})));
    choice.name = "adamw";
    EXPECT_TRUE(identical(
        after_steps_of(choice),
        after_steps_with(AdamWOptions{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .weight_decay = 0.3})));
    choice.momentum = 0.7;
    choice.name = "sgd";
    EXPECT_TRUE(identical(after_steps_of(choice),
                          after_steps_with(SGDOptions{.learning_rate = 0.1, .momentum = 0.7, .weight_decay = 0.3})));
    choice.name = "rmsprop";
    EXPECT_TRUE(identical(after_steps_of(choice), after_steps_with(RMSpropOptions{
                                                      .learning_rate = 0.1, .momentum = 0.7, .weight_decay = 0.3})));
}

TEST(MakeOptimizer, IsAdamWithItsDefaultsWhereNothingIsChosen) {
    EXPECT_TRUE(identical(after_steps_of({}), after_steps_with(AdamOptions())));
}

TEST(MakeOptimizer, MakesFourThatDiffer) {
    for (const char* const one : optimizer_names) {
        for (const char* const other : optimizer_names) {
            EXPECT_EQ(identical(after_steps_of({.name = one, .weight_decay = 0.1}),
                                after_steps_of({.name = other, .weight_decay = 0.1})),
                      one == other);
        }
    }
}

TEST(MakeOptimizer, NamesWhatThereIsAndRefusesAMomentumThatWouldBeIgnored) {
    const Parameter p(doubles({2}, {1, -2}));
    const auto refusal = [&](const OptimizerChoice& choice) {
        return error_of([&] { make_optimizer({{"p", p}}, choice); });
    };
    EXPECT_EQ(refusal({.name = "lion", .momentum = 0.9}),
              "make_optimizer: the optimiser must be one of adam, adamw, sgd, rmsprop; got lion");
    EXPECT_EQ(refusal({.momentum = 0.9}), "make_optimizer: momentum must be 0 for adam, which has beta1; got 0.9");
    EXPECT_EQ(refusal({.name = "adamw", .momentum = 0.9}),
              "make_optimizer: momentum must be 0 for adamw, which has beta1; got 0.9");
    EXPECT_EQ(refusal({.name = "sgd", .momentum = 1.0}), "SGD: momentum must be at least 0 and below 1; got 1");
}

}  // namespace
}  // namespace adjoint
