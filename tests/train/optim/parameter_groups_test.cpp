// Truths about groups of parameters, each with options of its own, and about frozen ones, which optimisers pass over.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/linear.h"
#include "layers/sequential.h"
#include "tests/support/values.h"
#include "train/optim/optimizers.h"

namespace adjoint {
namespace {

TEST(ParameterGroups, AreImprovedEachWithItsOwnOptionsAndAllByTheScale) {
    const Parameter p(doubles({}, {1})), q(doubles({}, {1})), r(doubles({}, {1}));
    SGD sgd({{States{{"p", p}, {"q", q}}, {.learning_rate = 0.1}},
             {States{{"r", r}}, {.learning_rate = 0.01, .weight_decay = 1.0}}});
    double rates = 0.0;  // summed
    for (const double scale : {2.0, 5.0}) {
        sgd.learning_rate_scale = scale;
        const double r_before = r.value().item();
        sgd.step({doubles({}, {1}), doubles({}, {-1}), doubles({}, {1})});
        rates += 0.1 * scale;
        EXPECT_NEAR(p.value().item(), 1 - rates, 1e-15);
        EXPECT_NEAR(q.value().item(), 1 + rates, 1e-15);
        EXPECT_NEAR(r.value().item(), r_before - 0.01 * scale * (1 + r_before), 1e-15);
    }
}

/// Two groups with options a and b take the steps of two optimisers, one with a and one with b.
template <class Optimiser, class Options>
void expect_group_steps(const Options& a, const Options& b) {
    const Tensor start = doubles({2}, {1, -2});
    const Parameter p(start), q(start), p_alone(start), q_alone(start);
    Optimiser both({{States{{"p", p}}, a}, {States{{"q", q}}, b}});
    Optimiser first({{"p", p_alone}}, a), second({{"q", q_alone}}, b);
    for (const double slope : {0.5, -2.0, 3.0}) {
        const Tensor g = doubles({2}, {slope, 1});
        both.step({g, g});
        first.step({g});
        second.step({g});
    }
    EXPECT_TRUE(identical(p.value(), p_alone.value()));
    EXPECT_TRUE(identical(q.value(), q_alone.value()));
    EXPECT_FALSE(identical(p.value(), q.value()));
}

TEST(ParameterGroups, OfEveryOptimiserTakeTheStepsOfOptimisersOfTheirOwn) {
    expect_group_steps<SGD, SGDOptions>({.learning_rate = 0.1, .momentum = 0.5}, {.learning_rate = 0.2});
    expect_group_steps<RMSprop, RMSpropOptions>({.decay = 0.5}, {.decay = 0.9});
    expect_group_steps<Adam, AdamOptions>({.beta1 = 0.0}, {.weight_decay = 0.1});
    expect_group_steps<AdamW, AdamWOptions>({.beta2 = 0.5}, {.weight_decay = 0.5});
}

TEST(ParameterGroups, HoldEachParameterOnceAndAtLeastOne) {
    const Parameter p(Tensor({}, {1}));
    EXPECT_EQ(error_of([&] {
                  Adam({{States{{"a.w", p}}, {}}, {States{{"b.w", p}}, {}}});
              }),
              "Optimizer: a parameter must be given once; got a.w and b.w, which are the same");
    EXPECT_EQ(error_of([] { Adam(States{}); }), "Optimizer: there must be a parameter to improve; got none");
}

TEST(ParameterGroups, RefuseTwoParametersOfOneNameWhoseMomentsNobodyCouldTellApart) {
    const Sequential encoder(Linear({.in = 1, .out = 1}, Random(1))), decoder(Linear({.in = 1, .out = 1}, Random(2)));
    EXPECT_EQ(error_of([&] {
                  Adam({{encoder.parameters(), {}}, {decoder.parameters(), {}}});
              }),
              "Optimizer: two parameters must not have one name; got 0.weight twice");
}

// ---- frozen parameters ----------------------------------------------------------------------------------------------

TEST(FrozenParameters, AreNotOnTheTapeAndKeepTheirBitsWhateverTheOptimiser) {
    const Linear model({.in = 2, .out = 2}, Random(1));
    SGD sgd(model.parameters(), {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1});
    AdamW adamw(model.parameters());
    const Tensor before = model.weight.value(), bias_before = model.bias->value();
    model.freeze("weight");
    for (Optimizer* optimizer : {static_cast<Optimizer*>(&sgd), static_cast<Optimizer*>(&adamw)}) {
        Tape tape(model.parameters());
        const Variable y = model(Tensor({1, 2}, {1, 2}));
        EXPECT_FALSE(tape.depends(model.weight));
        optimizer->step(tape.gradient(sum(y * y)));
    }
    EXPECT_TRUE(identical(model.weight.value(), before));
    EXPECT_FALSE(identical(model.bias->value(), bias_before));
}

TEST(FrozenParameters, GoOnFromWhereTheyWereOnceUnfrozen) {
    const Parameter p(doubles({2}, {1, -2})), q(doubles({2}, {1, -2})), alone(doubles({2}, {1, -2}));
    Adam both({{"p", p}, {"q", q}}), adam({{"alone", alone}});
    const Tensor g = doubles({2}, {0.5, -1});
    for (const bool frozen : {false, true, true, false}) {
        frozen ? p.freeze() : p.unfreeze();
        both.step(frozen ? std::vector<Variable>{g} : std::vector<Variable>{g, g});
        if (!frozen) adam.step({g});
    }
    EXPECT_TRUE(identical(p.value(), alone.value())) << "moments or the number of steps went on";
    EXPECT_FALSE(identical(p.value(), q.value()));
    p.freeze();
    const std::vector<Variable> too_many = {g, g};
    EXPECT_EQ(error_of([&] { both.step(too_many); }),
              "Optimizer::step: there are 1 parameters to improve; got 2 gradients");
}

}  // namespace
}  // namespace adjoint
