// Truths about schedules: where they begin, turn and end, and their closed formulas between.
#include "train/optim/schedules.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

#include "tests/support/expectations.h"
#include "train/tasks/training_options.h"

namespace adjoint {
namespace {

/// Expects the factor of `formula` at each of the first `steps` steps.
void expect_factors(const Schedule& schedule, Index steps, const std::function<double(double)>& formula) {
    for (Index t = 0; t < steps; ++t) EXPECT_NEAR(schedule(t), formula(static_cast<double>(t)), 1e-14) << "step " << t;
}

TEST(ConstantRate, IsOne) {
    expect_factors(ConstantRate(), 10, [](double) { return 1.0; });
}

TEST(StepDecay, MultipliesOnceEverySoManySteps) {
    const Schedule schedule = StepDecay{.every = 3, .factor = 0.5};
    for (const auto& [t, factor] : {std::pair(0, 1.0), {2, 1.0}, {3, 0.5}, {5, 0.5}, {6, 0.25}, {30, 0x1p-10}}) {
        EXPECT_EQ(schedule(t), factor) << "step " << t;
    }
}

TEST(ExponentialDecay, MultipliesAtEachStep) {
    double product = 1.0;
    expect_factors(ExponentialDecay{.factor = 0.9}, 50, [&](double) { return std::exchange(product, product * 0.9); });
}

TEST(LinearDecay, FallsByTheSameAmountAtEachStepAndStays) {
    const Schedule schedule = LinearDecay{.steps = 8, .end = 0.5};
    expect_factors(schedule, 8, [](double t) { return 1.0 - t / 16; });
    EXPECT_EQ(schedule(8), 0.5);
    EXPECT_EQ(schedule(1000), 0.5);
    EXPECT_EQ(LinearDecay{.steps = 4}(4), 0.0);
}

TEST(CosineDecay, IsHalfAWaveFromOneToItsEndAndStays) {
    const Schedule schedule = CosineDecay{.steps = 60, .end = 0.2};
    expect_factors(schedule, 60, [](double t) { return 0.6 + 0.4 * std::cos(std::numbers::pi * t / 60); });
    EXPECT_EQ(schedule(0), 1.0);
    EXPECT_NEAR(schedule(20), 0.8, 1e-15);  // cos 60° = ½
    EXPECT_EQ(schedule(60), 0.2);
    EXPECT_EQ(schedule(61), 0.2);
}

TEST(OneCycle, RisesTurnsAndFallsWhereItSays) {
    const Schedule schedule = OneCycle{.steps = 100};
    EXPECT_NEAR(schedule(0), 0.04, 1e-15);
    EXPECT_NEAR(schedule(29), 1.0, 1e-15);  // 0.3·100 − 1
    EXPECT_NEAR(schedule(99), 0.04e-4, 1e-15);
    EXPECT_EQ(schedule(5000), schedule(99));
    for (Index t = 0; t < 29; ++t) EXPECT_LT(schedule(t), schedule(t + 1)) << "step " << t;
    for (Index t = 29; t < 99; ++t) EXPECT_GT(schedule(t), schedule(t + 1)) << "step " << t;
    EXPECT_NEAR(schedule(64), (1 + 0.04e-4) / 2, 1e-15) << "half way down";
}

TEST(WarmUp, IsAStraightLineThatLeadsIntoAnyOtherSchedule) {
    const Schedule schedule = WarmUp{.steps = 4, .then = LinearDecay{.steps = 5}};
    const std::vector<double> factors = {0.2, 0.4, 0.6, 0.8, 1.0, 0.8, 0.6, 0.4, 0.2, 0.0, 0.0};
    expect_factors(schedule, std::ssize(factors), [&](double t) { return factors[static_cast<std::size_t>(t)]; });
    EXPECT_EQ((WarmUp{.steps = 0, .then = LinearDecay{.steps = 5}}(0)), 1.0);
}

TEST(ReduceOnPlateau, FallsWhenTheLossHasNotFallenForLongerThanItsPatience) {
    ReduceOnPlateau plateau{{.factor = 0.5, .patience = 2, .threshold = 0.1, .end = 0.2}};
    //                                   best    ...not 10 % better   ...    best  ...
    const std::vector<double> losses = {1.0, 0.95, 0.92, 0.91, 0.905, 0.91, 0.8, 0.9, 0.9, 0.9, 1, 1, 1, 1, 1, 1};
    const std::vector<double> factors = {1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2};
    for (std::size_t i = 0; i < losses.size(); ++i) EXPECT_EQ(plateau.observe(losses[i]), factors[i]) << "loss " << i;
}

TEST(ReduceOnPlateau, TakesALossThatIsNoNumberForNoBetter) {
    ReduceOnPlateau plateau{{.patience = 0}};
    plateau.observe(1.0);
    EXPECT_EQ(plateau.observe(std::nan("")), 0.1);
    EXPECT_EQ(plateau.best, 1.0);
}

TEST(Schedules, RefuseOptionsOutOfRange) {
    const auto expect_refusal = [](const auto& schedule, const std::string& message) {
        EXPECT_EQ(error_of([&] { schedule(3); }), message);
    };
    expect_refusal(StepDecay{.every = 0}, "StepDecay: every must be at least 1; got 0");
    expect_refusal(StepDecay{.every = 1, .factor = -1}, "StepDecay: factor must be at least 0; got -1");
    expect_refusal(ExponentialDecay{.factor = std::nan("")}, "ExponentialDecay: factor must be at least 0; got nan");
    expect_refusal(LinearDecay{.steps = -1}, "LinearDecay: steps must be at least 0; got -1");
    expect_refusal(LinearDecay{.steps = 1, .end = -0.5}, "LinearDecay: end must be at least 0; got -0.5");
    expect_refusal(CosineDecay{.steps = -1}, "CosineDecay: steps must be at least 0; got -1");
    expect_refusal(CosineDecay{.steps = 1, .end = INFINITY}, "CosineDecay: end must be at least 0; got inf");
    expect_refusal(OneCycle{.steps = -5}, "OneCycle: steps must be at least 0; got -5");
    expect_refusal(OneCycle{.steps = 5, .rising = 1.5}, "OneCycle: rising must be from 0 to 1; got 1.5");
    expect_refusal(OneCycle{.steps = 5, .begin = -1}, "OneCycle: begin must be at least 0; got -1");
    expect_refusal(WarmUp{.steps = -1, .then = ConstantRate()}, "WarmUp: steps must be at least 0; got -1");
    expect_refusal(WarmUp{.steps = 5, .then = {}}, "WarmUp: then must be a schedule; got none");
    const auto plateau = [](const ReduceOnPlateauOptions& options) {
        return error_of([&] { ReduceOnPlateau{options}.observe(1.0); });
    };
    EXPECT_EQ(plateau({.factor = 1.0}), "ReduceOnPlateau: factor must be at least 0 and below 1; got 1");
    EXPECT_EQ(plateau({.patience = -1}), "ReduceOnPlateau: patience must be at least 0; got -1");
    EXPECT_EQ(plateau({.threshold = -1}), "ReduceOnPlateau: threshold must be at least 0 and below 1; got -1");
    EXPECT_EQ(plateau({.end = -1}), "ReduceOnPlateau: end must be at least 0; got -1");
}

TEST(Schedules, OfNoStepsAtAllAreAtTheirEnd) {
    EXPECT_EQ(LinearDecay{.steps = 0}(0), 0.0);
    EXPECT_EQ((CosineDecay{.steps = 0, .end = 0.2}(0)), 0.2);
    EXPECT_EQ((OneCycle{.steps = 0, .end = 0.25}(0)), 0.25);
}

TEST(SchedulesOfARun, EndWithItAndLeaveRoomForTheirWarmUp) {
    for (const auto& [name, last] : {std::pair("constant", 1.0),
                                     {"linear", 0.01},
                                     {"cosine", 0.0002467},
                                     {"step", 0.01},
                                     {"exponential", 0.01047},
                                     {"one-cycle", 0.000004},
                                     {"plateau", 1.0}}) {
        EXPECT_NEAR(schedule_of({.schedule = name}, 100)(99), last, 1e-5) << name;
        const Schedule warm = schedule_of({.schedule = name, .warm_up = 9}, 109);
        EXPECT_DOUBLE_EQ(warm(4), 0.5) << name;
        EXPECT_EQ(warm(108), schedule_of({.schedule = name}, 100)(99)) << name;
    }
}

}  // namespace
}  // namespace adjoint
