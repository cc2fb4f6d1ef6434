// Truths about optimisers: three steps of each by hand, after PyTorch's formulas; what they refuse; that they descend.
#include "train/optim/optimizers.h"

#include <array>
#include <cmath>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/linear.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Steps = std::vector<std::vector<double>>;

/// Takes three steps from (1, −2) with these gradients and expects these parameters after each.
template <class Make>
void expect_steps(Make make, const Steps& expected, const Steps& gradients = {{0.5, -1}, {-0.25, 2}, {0.125, 0.5}}) {
    const Parameter p(doubles({2}, {1, -2}));
    auto optimizer = make(States{{"p", p}});
    for (std::size_t t = 0; t < gradients.size(); ++t) {
        SCOPED_TRACE("step " + std::to_string(t + 1));
        optimizer.step({doubles({2}, gradients[t])});
        expect_tensor(p, {2}, expected[t], 1e-12);
    }
}

// ---- steps by hand --------------------------------------------------------------------------------------------------

TEST(SGD, FollowsTheGradient) {
    expect_steps([](const States& p) { return SGD(p, {.learning_rate = 0.1}); },
                 {{0.95, -1.9}, {0.975, -2.1}, {0.9625, -2.15}});
}

TEST(SGD, GathersMomentum) {
    // v = 0.5, 0.2, 0.305 and −1, 1.1, 1.49.
    expect_steps([](const States& p) { return SGD(p, {.learning_rate = 0.1, .momentum = 0.9}); },
                 {{0.95, -1.9}, {0.93, -2.01}, {0.8995, -2.159}});
}

TEST(SGD, LooksAheadWithNesterov) {
    // g + 0.9·v = 0.95, −0.07, 0.3995 and −1.9, 2.99, 1.841.
    expect_steps([](const States& p) { return SGD(p, {.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}); },
                 {{0.905, -1.81}, {0.912, -2.109}, {0.87205, -2.2931}});
}

TEST(SGD, AddsTheDecayOfWeightsToTheGradientBeforeMomentum) {
    // g + p/2 = 1, 0.2, 0.52 and −2, 1.1, −0.365;  v = 1, 1.1, 1.51 and −2, −0.7, −0.995.
    expect_steps([](const States& p) { return SGD(p, {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.5}); },
                 {{0.9, -1.8}, {0.79, -1.73}, {0.639, -1.6305}});
}

TEST(RMSprop, DividesByTheRootOfTheMeanSquareAndEpsilonOutsideIt) {
    // s = 0.025, 0.02875, 0.0274375 and 0.1, 0.49, 0.466.
    expect_steps([](const States& p) { return RMSprop(p, {.learning_rate = 0.01, .decay = 0.9, .epsilon = 1e-3}); },
                 {{1 - 0.005 / (std::sqrt(0.025) + 1e-3), -1.9684769081673978},
                  {0.9832337153654696, -1.9970075786381538},
                  {0.975732636158265, -2.004321348910569}});
}

TEST(RMSprop, HasTheDefaultsOfPyTorch) {
    expect_steps([](const States& p) { return RMSprop(p); }, {{0.900000019999996, -1.900000009999999},
                                                              {0.9449013374421751, -1.989532302199152},
                                                              {0.9228909217602068, -2.011479653863255}});
}

// The same steps in long double, as PyTorch defines them.
TEST(RMSprop, GathersMomentumOfDividedGradientsAndAddsTheDecayOfWeightsBefore) {
    const Steps gradients = {{0.5, -1}, {-0.25, 2}, {0.125, 0.5}};
    Steps expected;
    std::array<long double, 2> p = {1, -2}, s = {}, v = {};
    for (const std::vector<double>& gradient : gradients) {
        for (std::size_t i = 0; i < 2; ++i) {
            const long double g = gradient[i] + 0.5L * p[i];
            s[i] = 0.9L * s[i] + 0.1L * g * g;
            v[i] = 0.8L * v[i] + g / (std::sqrt(s[i]) + 1e-3L);
            p[i] -= 0.01L * v[i];
        }
        expected.push_back({static_cast<double>(p[0]), static_cast<double>(p[1])});
    }
    expect_steps(
        [](const States& states) {
            return RMSprop(
                states, {.learning_rate = 0.01, .decay = 0.9, .epsilon = 1e-3, .momentum = 0.8, .weight_decay = 0.5});
        },
        expected, gradients);
}

constexpr AdamOptions adam_options = {.learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3};

TEST(Adam, CorrectsBothMomentsForTheirBeginAtZero) {
    // Step 1: m̂ = g, v̂ = g². Step 2: m = 0.03, v = 0.015, m̂ = 0.03 / 0.36, v̂ = 0.015 / 0.0975.
    expect_steps([](const States& p) { return Adam(p, adam_options); }, {{1 - 0.1 * 0.5 / 0.501, -2 + 0.1 * 1 / 1.001},
                                                                         {0.8790077150778428, -1.9419167149109848},
                                                                         {0.8481729379128743, -1.9872935436159433}});
}

TEST(Adam, AddsTheDecayOfWeightsToTheGradient) {
    AdamOptions options = adam_options;
    options.weight_decay = 0.5;
    expect_steps([&](const States& p) { return Adam(p, options); }, {{1 - 0.1 * 1 / 1.001, -2 + 0.1 * 2 / 2.001},
                                                                     {0.8222361293278491, -1.8807903898794367},
                                                                     {0.7389005316484313, -1.853143277860898}});
}

TEST(AdamW, ShrinksWeightsApartFromTheGradient) {
    const AdamWOptions options = {
        .learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.5};
    expect_steps([&](const States& p) { return AdamW(p, options); },
                 {{0.95 - 0.1 * 0.5 / 0.501, -1.9 + 0.1 * 1 / 1.001},
                  {0.7864977350379225, -1.7519117199059897},
                  {0.7163380711210579, -1.7096929626156487}});
}

TEST(Adam, HasTheDefaultsOfPyTorch) {
    expect_steps([](const States& p) { return Adam(p); }, {{0.99900000002, -1.99900000001},
                                                           {0.9987336629870784, -1.9993661035347206},
                                                           {0.9983932338491666, -1.9997817547314676}});
    expect_steps([](const States& p) { return AdamW(p); }, {{0.99899000002, -1.99898000001},
                                                            {0.9987136730870784, -1.9993261137347207},
                                                            {0.9983632568124357, -1.9997217716703304}});
}

TEST(Adam, TakesStepsOfItsLearningRateAtFirstWhateverTheGradientsScale) {
    expect_steps([](const States& p) { return Adam(p, {.learning_rate = 0.1, .epsilon = 0.0}); }, {{0.9, -1.9}},
                 {{1e-12, -1e12}});
}

// ---- what all share -------------------------------------------------------------------------------------------------

TEST(Optimizer, LeavesTheTensorsThatItWasGivenAlone) {
    const Tensor before({2}, {1, 2}), gradient({2}, {3, 4});
    const Parameter p(before);
    Adam({{"p", p}}).step({gradient});
    expect_tensor(before, {2}, {1, 2});
    expect_tensor(gradient, {2}, {3, 4});
}

TEST(Optimizer, RefusesGradientsThatAreNotItsParametersAndChangesNothing) {
    const Parameter p(Tensor({2}, {1, 2})), q(Tensor({3}, {3, 4, 5}));
    SGD sgd({{"p", p}, {"q", q}}, {.learning_rate = 1.0});
    const Tensor good = Tensor::ones({2});
    EXPECT_EQ(error_of([&] { sgd.step({good}); }),
              "Optimizer::step: there are 2 parameters to improve; got 1 gradients");
    EXPECT_EQ(error_of([&] { sgd.step({good, good}); }), "Optimizer::step: q has shape [3]; got gradient [2]");
    EXPECT_EQ(error_of([&] {
                  sgd.step({good, Tensor::ones({3}, DType::float64)});
              }),
              "Optimizer::step: operands differ in element type; got float32 and float64");
    expect_tensor(p, {2}, {1, 2});
}

TEST(Optimizer, ClipsGradientsByValueThenByNormBeforeItUsesThem) {
    const Parameter p(doubles({2}, {0, 0}));
    SGD sgd({{"p", p}}, {.learning_rate = 1.0});
    sgd.clipping = {.value = 3.0, .norm = 1.0};
    sgd.step({doubles({2}, {-100, 3})});
    expect_tensor(p, {2}, {3 / (std::sqrt(18.0) + 1e-6), -3 / (std::sqrt(18.0) + 1e-6)}, 1e-15);
}

TEST(Optimizer, KnowsHowLongParametersAndTheirGradientsAreBeforeClippingAndSoDoesItsStateDict) {
    const Parameter p(doubles({2}, {1, -2})), frozen(doubles({1}, {5}));
    const States states = {{"p", p}, {"frozen", frozen}};
    SGD sgd(states, {.learning_rate = 1.0}), other(states);
    EXPECT_TRUE(sgd.norms().empty());
    frozen.freeze();
    sgd.clipping = {.norm = 2.5};
    sgd.step({doubles({2}, {-3, 4})});
    const NamedTensors kept = sgd.state_dict();
    other.load_state_dict({kept.begin(), kept.end()});
    for (const Optimizer* optimizer : {&sgd, &other}) {
        const std::vector<ParameterNorms> norms = optimizer->norms();
        ASSERT_EQ(norms.size(), 1u);
        EXPECT_EQ(norms[0].name, "p");
        EXPECT_EQ(norms[0].gradient, 5.0);
        EXPECT_NEAR(norms[0].parameter, std::hypot(1 + 1.5, -2 - 2), 1e-5);
    }
}

TEST(Optimizer, FindsTheBottomOfABowl) {
    const Variable bottom = Tensor({2}, {3, -1}), steepness = Tensor({2}, {1, 10});
    const auto distance = [&](auto make) {
        const Parameter p(Tensor({2}, {0, 0}));
        auto optimizer = make(States{{"p", p}});
        for (int i = 0; i < 400; ++i) {
            Tape tape({p.variable()});
            const Variable e = p - bottom;
            optimizer.step(tape.gradient(sum(steepness * e * e)));
        }
        return std::hypot(p.value()[0] - 3, p.value()[1] + 1);
    };
    EXPECT_LT(distance([](const States& p) { return SGD(p, {.learning_rate = 0.04}); }), 1e-5);
    EXPECT_LT(distance([](const States& p) { return SGD(p, {.learning_rate = 0.02, .momentum = 0.8}); }), 1e-5);
    EXPECT_LT(distance([](const States& p) { return RMSprop(p, {.learning_rate = 0.02}); }), 0.05);
    EXPECT_LT(distance([](const States& p) { return Adam(p, {.learning_rate = 0.1}); }), 1e-3);
    EXPECT_LT(distance([](const States& p) { return AdamW(p, {.learning_rate = 0.1, .weight_decay = 0.0}); }), 1e-3);
}

TEST(OptimizerOptions, AreRefusedOutOfRangeWhenTheOptimiserIsMade) {
    const States p = {{"p", Parameter(doubles({}, {1}))}};
    const auto expect_refusals = [&]<class Options>(const std::string& name, const std::string& range,
                                                    const std::vector<std::pair<double Options::*, const char*>>& all,
                                                    const std::vector<double>& outside) {
        for (const auto& [option, its_name] : all) {
            for (const double value : outside) {
                Options options;
                options.*option = value;
                EXPECT_EQ(error_of([&] { OptimizerOf<Options>(p, options); }),
                          fmt::format("{}: {} must be {}; got {}", name, its_name, range, value));
            }
        }
    };
    const double nan = std::nan("");
    const std::string not_negative = "at least 0", fraction = "at least 0 and below 1";
    const std::vector<double> negative = {-0.1, nan, INFINITY}, no_fraction = {-0.1, 1.0, 1.5, nan};
    using S = SGDOptions;
    using R = RMSpropOptions;
    using A = AdamOptions;
    using W = AdamWOptions;
    expect_refusals.operator()<S>("SGD", not_negative,
                                  {{&S::learning_rate, "learning_rate"}, {&S::weight_decay, "weight_decay"}}, negative);
    expect_refusals.operator()<S>("SGD", fraction, {{&S::momentum, "momentum"}}, no_fraction);
    expect_refusals.operator()<R>(
        "RMSprop", not_negative,
        {{&R::learning_rate, "learning_rate"}, {&R::epsilon, "epsilon"}, {&R::weight_decay, "weight_decay"}}, negative);
    expect_refusals.operator()<R>("RMSprop", fraction, {{&R::decay, "decay"}, {&R::momentum, "momentum"}}, no_fraction);
    expect_refusals.operator()<A>(
        "Adam", not_negative,
        {{&A::learning_rate, "learning_rate"}, {&A::epsilon, "epsilon"}, {&A::weight_decay, "weight_decay"}}, negative);
    expect_refusals.operator()<A>("Adam", fraction, {{&A::beta1, "beta1"}, {&A::beta2, "beta2"}}, no_fraction);
    expect_refusals.operator()<W>(
        "AdamW", not_negative,
        {{&W::learning_rate, "learning_rate"}, {&W::epsilon, "epsilon"}, {&W::weight_decay, "weight_decay"}}, negative);
    expect_refusals.operator()<W>("AdamW", fraction, {{&W::beta1, "beta1"}, {&W::beta2, "beta2"}}, no_fraction);
    EXPECT_EQ(error_of([&] {
                  Adam({{p, {}}, {States{{"q", Parameter(Tensor())}}, {.beta1 = 1.0}}});
              }),
              "Adam: beta1 must be at least 0 and below 1; got 1");
}

// ---- state dict -----------------------------------------------------------------------------------------------------

/// A parameter after five steps, by one optimiser, or by two of which the second remembers what the first kept.
template <class Make>
Tensor after_five_steps(Make make, bool handed_over) {
    const Parameter p(doubles({2}, {1, -2})), q(doubles({1}, {3}));
    const States states = {{"p", p}, {"q", q}};
    auto first = make(states), second = make(states);
    for (int t = 1; t <= 5; ++t) {
        if (handed_over && t == 4) {
            const NamedTensors kept = first.state_dict();
            second.load_state_dict({kept.begin(), kept.end()});
        }
        (handed_over && t >= 4 ? second : first).step({doubles({2}, {0.5 * t, -1.0 / t}), doubles({1}, {std::sin(t)})});
    }
    return p.value();
}

TEST(OptimizerStateDict, LetsAnotherGoOnToTheSameBits) {
    const auto expect_same = [](auto make) {
        EXPECT_TRUE(identical(after_five_steps(make, true), after_five_steps(make, false)));
    };
    expect_same([](const States& p) { return SGD(p, {.learning_rate = 0.1, .momentum = 0.9}); });
    expect_same([](const States& p) { return RMSprop(p, {.momentum = 0.9}); });
    expect_same([](const States& p) { return Adam(p); });
    expect_same([](const States& p) { return AdamW(p); });
}

TEST(OptimizerStateDict, OfAnotherModelIsRefusedAndNothingChanges) {
    Adam adam(States{{"p", Parameter(doubles({2}, {1, 2}))}});
    const auto refusal = [&](const States& other) {
        const NamedTensors states = Adam(other).state_dict();
        return error_of([&] { adam.load_state_dict({states.begin(), states.end()}); });
    };
    EXPECT_EQ(refusal({{"q", Parameter(doubles({2}, {1, 2}))}}),
              "Optimizer::load_state_dict: there must be m.p [2]; got none");
    EXPECT_EQ(refusal({{"p", Parameter(doubles({3}, {1, 2, 3}))}}),
              "Optimizer::load_state_dict: m.p must be float64 [2]; got float64 [3]");
    EXPECT_EQ(refusal({{"p", Parameter(Tensor({2}, {1, 2}))}}),
              "Optimizer::load_state_dict: m.p must be float64 [2]; got float32 [2]");
}

TEST(Optimizer, KnowsWhetherTheGradientsOfItsLastStepWereFinite) {
    Adam adam(States{{"p", Parameter(doubles({2}, {1, 2}))}});
    EXPECT_TRUE(adam.gradients_were_finite());
    adam.step({doubles({2}, {1, 1e308})});
    EXPECT_TRUE(adam.gradients_were_finite());
    adam.step({doubles({2}, {1, std::nan("")})});
    EXPECT_FALSE(adam.gradients_were_finite());
}

}  // namespace
}  // namespace adjoint
