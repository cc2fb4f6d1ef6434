// Truths about the gradient check of whole layers: it finds a wrong gradient and names its parameter, and it leaves the
// layer as it was.
#include "layers/analysis/module_check.h"

#include "framework/ops/elementwise.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Tensor x = Random(1).normal({4, 3});

/// The same value, through which the gradient passes times a factor.
Variable with_gradient_times(double factor, const Variable& v) {
    return record(v.value(), {{v, [factor](const Variable& g) { return g * factor; }}});
}

/// x·scale + shift with two gradients that may be wrong.
class Suspect : public Module {
  public:
    Suspect(double of_input, double of_shift)
        : scale(parameter("scale", Tensor({3}, {1, 2, 3}))),
          shift(parameter("shift", Tensor({3}, {4, 5, 6}))),
          of_input_(of_input),
          of_shift_(of_shift) {}
    Variable forward(const Variable& v) const override {
        return with_gradient_times(of_input_, v) * scale + with_gradient_times(of_shift_, shift);
    }

    Parameter scale;
    Parameter shift;

  private:
    double of_input_;
    double of_shift_;
};

TEST(ModuleCheck, PassesWhatIsRight) {
    Suspect layer(1, 1);
    EXPECT_TRUE(gradient_check(layer, x).passed());
    EXPECT_EQ(gradient_check(layer, x, {.order = 3}).orders.size(), 3u);
}

TEST(ModuleCheck, NamesTheParameterWhoseGradientIsWrong) {
    Suspect layer(1, 1.01);
    const GradientCheckReport report = gradient_check(layer, x);
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].worst().name, "shift");
    EXPECT_NEAR(report.orders[0].worst().worst.relative_error, 0.01, 0.001);
}

TEST(ModuleCheck, NamesTheElementWhoseGradientIsWrong) {
    /// x·s for a scale s of its own for each channel; the pullback forgets the last channel.
    class Forgetful : public Module {
      public:
        Forgetful() : scale(parameter("scale", Tensor({3}, {1, 2, 3}))) {}
        Variable forward(const Variable& v) const override {
            const Variable known = Tensor({3}, {1, 1, 0}, v.dtype());
            return v * record(scale.value(), {{scale, [known](const Variable& g) { return g * known; }}});
        }
        Parameter scale;
    };
    Forgetful layer;
    const GradientCheckReport report = gradient_check(layer, x);
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].worst().place(), "scale[2]");
    EXPECT_EQ(report.orders[0].worst().worst.analytic, 0.0);
}

TEST(ModuleCheck, IsExactForALayerThatIsLinearInEachInput) {
    Linear layer({.in = 3, .out = 2}, Random(2));
    const Tensor before = layer.weight.value();
    const GradientCheckReport report =
        gradient_check(layer, small_whole_numbers({4, 3}, Random(3)), {.order = 2, .exact = true});
    EXPECT_TRUE(report.passed()) << report.text();
    EXPECT_EQ(report.orders[1].tolerance, 0.0);
    EXPECT_TRUE(identical(layer.weight.value(), before));
}

TEST(ModuleCheck, NamesTheInputWhoseGradientIsWrong) {
    Suspect layer(-1, 1);
    const GradientCheckReport report = gradient_check(layer, x);
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].worst().name, "x");
}

TEST(ModuleCheck, NamesParametersOfChildrenWithDots) {
    Sequential net;
    net.append("good", Linear({.in = 3, .out = 3}, Random(2))).append("bad", Suspect(1, 1.5));
    EXPECT_EQ(gradient_check(net, x).orders[0].worst().name, "bad.shift");
}

TEST(ModuleCheck, GivesTheStatesBackToTheBit) {
    Sequential net(Linear({.in = 3, .out = 4}, Random(2)), BatchNorm({.channels = 4}, Random(3)),
                   Dropout(0.3, Random(4)));
    const std::vector<Variable> before = net.states();
    EXPECT_TRUE(gradient_check(net, x).passed());
    for (std::size_t i = 0; const NamedState& named : net.states()) {
        EXPECT_EQ(named.state.variable().id(), before[i].id()) << named.name;
        EXPECT_TRUE(identical(named.state.value(), before[i++].value())) << named.name;
    }
}

TEST(ModuleCheck, GivesTheStatesBackWhenTheLayerRefusesToo) {
    Linear layer({.in = 5, .out = 2}, Random(2));
    const std::vector<Variable> before = layer.states();
    EXPECT_NE(error_of([&] { gradient_check(layer, x); }), "no error");
    EXPECT_TRUE(identical(layer.weight.value(), before[0].value()));
}

TEST(ModuleCheck, ChecksEvaluationWhereTheLayerIsToldTo) {
    // In training the gradient of one value a channel does not exist; in evaluation it does.
    BatchNorm norm({.channels = 3}, Random(3));
    const Tensor one = Random(5).normal({1, 3});
    EXPECT_REFUSAL(gradient_check(norm, one), "BatchNorm: in training a channel needs more than one value; got [1, 3]");
    norm.evaluate();
    EXPECT_TRUE(gradient_check(norm, one).passed());
}

}  // namespace
}  // namespace adjoint
