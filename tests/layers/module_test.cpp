// Truths about modules: states have names in order of creation, belong to all who share them and keep their shape;
// a module trains while a tape watches parameters, unless it is told.
#include "layers/module.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/convolution.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
#include "layers/spectral_norm.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

/// x·first + last, which also counts its calls in training.
class Line : public Module {
  public:
    Line()
        : first(parameter("first", Tensor({2}, {2, 3}))),
          calls(buffer("calls", Tensor::zeros({}))),
          last(parameter("last", Tensor({2}, {4, 5}))) {}
    Variable forward(const Variable& x) const override { return x * first + last; }

    Parameter first;
    Buffer calls;
    Parameter last;
};

/// Two lines after one another, and a factor of its own that is created last.
class Lines : public Module {
  public:
    Lines() : inner(child("inner", Line())), outer(child("outer.most", Line())), gain(parameter("gain", Tensor())) {}
    Variable forward(const Variable& x) const override { return outer(inner(x)) * gain; }

    Line& inner;
    Line& outer;
    Parameter gain;
};

/// A decoder that runs its encoder's filters backward.
class Tied : public Module {
  public:
    Tied()
        : down(child("down",
                     Conv2D({.in_channels = 2, .out_channels = 3, .kernel = {2, 2}, .stride = {2, 2}}, Random(1)))),
          up(child("up", Conv2DTranspose(down))) {}
    Variable forward(const Variable& x) const override { return up(down(x)); }

    Conv2D& down;
    Conv2DTranspose& up;
};

// ---- states

TEST(State, IsAHandleWhoseCopiesShareTheValue) {
    const State state(Tensor({2}, {1, 2})), copy = state, other(Tensor({2}, {1, 2}));
    copy.assign(Tensor({2}, {3, 4}));
    expect_tensor(state, {2}, {3, 4});
    EXPECT_TRUE(copy.same_as(state));
    EXPECT_FALSE(other.same_as(state));
}

TEST(State, RefusesAValueOfAnotherShapeAndKeepsItsOwn) {
    const State state(Tensor({2}, {1, 2}));
    EXPECT_REFUSAL(state.assign(Tensor::zeros({3})), "State::assign: the shape must stay; got [3] for [2]");
    EXPECT_REFUSAL(state.assign(Tensor::zeros({1, 2})), "State::assign: the shape must stay; got [1, 2] for [2]");
    expect_tensor(state, {2}, {1, 2});
}

TEST(State, BecomesAVariableOfWhichNoTapeKnowsWhenItIsGivenATensor) {
    const State state(Tensor({}, {3}));
    const Variable before = state;
    const Tape tape({before});
    EXPECT_TRUE(tape.depends(state));
    state.assign(Tensor({}, {4}));
    EXPECT_FALSE(tape.depends(state));
    state.substitute(before);
    EXPECT_TRUE(tape.depends(state));
}

TEST(State, StaysAParameterOrABufferWhateverItsValue) {
    const BatchNorm norm({.channels = 2}, Random(1));
    norm.scale.assign(Tensor({2}, {4, 5}));
    EXPECT_TRUE(norm.scale.variable().is_parameter());
    norm.scale.substitute(Tensor({2}, {6, 7}));
    EXPECT_FALSE(norm.scale.variable().is_parameter());
    norm.scale.assign(Tensor({2}, {8, 9}));
    EXPECT_TRUE(norm.scale.variable().is_parameter());
    norm.running_mean.assign(Tensor({2}, {1, 1}));
    EXPECT_FALSE(norm.running_mean.variable().is_parameter());
}

// ---- modules

TEST(Module, NamesItsStatesInOrderOfCreationWithDotsAndItsOwnFirst) {
    const Lines lines;
    EXPECT_EQ(names(lines.parameters()),
              (Names{"gain", "inner.first", "inner.last", "outer.most.first", "outer.most.last"}));
    EXPECT_EQ(names(lines.buffers()), (Names{"inner.calls", "outer.most.calls"}));
    EXPECT_EQ(names(lines.states()), (Names{"gain", "inner.first", "inner.last", "outer.most.first", "outer.most.last",
                                            "inner.calls", "outer.most.calls"}));
}

TEST(Module, KeepsItsStatesWhenItIsMoved) {
    Line line;
    const Parameter before = line.first;
    const Line moved = std::move(line);
    EXPECT_TRUE(moved.first.same_as(before));
    EXPECT_TRUE(moved.parameters()[0].state.same_as(before));
}

TEST(Module, HandsATapeTheVariablesOfItsParametersInTheirOrder) {
    const Line line;
    const Variable x = Tensor({1, 2}, {10, 20});
    Tape tape(line.parameters());
    const std::vector<Variable> gradients = tape.gradient(line(x), Tensor({1, 2}, {1, 7}));
    ASSERT_EQ(gradients.size(), 2u);
    expect_tensor(gradients[0], {2}, {10, 140});
    expect_tensor(gradients[1], {2}, {1, 7});
}

// ---- tied weights ---------------------------------------------------------------------------------------------------

TEST(TiedWeights, AreOneParameterOfTheLayerThatMadeThem) {
    const Tied tied;
    EXPECT_EQ(names(tied.parameters()), (Names{"down.weight", "down.bias", "up.bias"}));
    EXPECT_TRUE(tied.up.weight.same_as(tied.down.weight));
    tied.down.weight.assign(Tensor::ones({2, 2, 2, 3}));
    expect_equal(tied.up.weight, Tensor::ones({2, 2, 2, 3}));
}

TEST(TiedWeights, ReceiveTheSumOfBothGradients) {
    Tied tied;
    tied.cast(DType::float64);
    const Variable x = Random(2).normal({1, 4, 4, 2}, DType::float64);
    const Tensor seed = Random(3).normal({1, 4, 4, 2}, DType::float64);
    Tape tape(tied.parameters());
    const Variable both = tape.gradient(tied(x), seed)[0];

    const Variable encoding = tied.down.weight.value(), decoding = tied.down.weight.value();
    Tape apart({encoding, decoding});
    const Conv2DOptions options{.stride = {2, 2}};
    const Conv2DForm form = Conv2DForm::of("test", x.shape(), encoding.shape(), options);
    const Variable y = conv2d_input_gradient(conv2d(x, encoding, form) + *tied.down.bias, decoding, form);
    const std::vector<Variable> gradients = apart.gradient(y, seed);
    expect_equal(both, gradients[0] + gradients[1], 1e-13);
}

// ---- frozen parameters ----------------------------------------------------------------------------------------------

TEST(Freezing, TakesParametersByTheirNameOrTheirLayersAway) {
    const Lines lines;
    lines.freeze("inner");
    EXPECT_EQ(names(lines.parameters()), (Names{"gain", "outer.most.first", "outer.most.last"}));
    EXPECT_TRUE(lines.inner.parameters().empty());
    lines.freeze("outer.most.last");
    EXPECT_EQ(names(lines.parameters()), (Names{"gain", "outer.most.first"}));
    lines.unfreeze("inner.first");
    EXPECT_EQ(names(lines.parameters()), (Names{"gain", "inner.first", "outer.most.first"}));
    lines.freeze();
    EXPECT_TRUE(lines.parameters().empty());
    lines.unfreeze();
    EXPECT_EQ(lines.parameters().size(), 5u);
}

TEST(Freezing, LeavesWhatACheckpointHoldsAndItsOrder) {
    const Lines lines;
    const Names all = names(lines.states());
    lines.freeze("inner");
    EXPECT_EQ(names(lines.states()), all);
}

TEST(Freezing, RefusesNamesThatNoParameterHasOrBeginsWith) {
    const Lines lines;
    for (const char* name : {"in", "inner.f", "outer.", "inner.calls"}) {
        EXPECT_REFUSAL(lines.freeze(name),
                       std::string("Module::freeze: no parameter has this name or begins with it and a dot; got ") +
                           name + ", known: gain, inner, outer");
    }
    EXPECT_EQ(lines.parameters().size(), 5u);
}

TEST(Freezing, OfAllParametersOfALayerMakesItBehaveAsInEvaluation) {
    Lines lines;
    const Tape tape(lines.parameters());
    lines.freeze("inner.first");
    EXPECT_TRUE(lines.inner.training());
    lines.freeze("inner.last");
    EXPECT_FALSE(lines.inner.training());
    EXPECT_TRUE(lines.outer.training() && lines.training());
    lines.train();
    EXPECT_TRUE(lines.inner.training()) << "train() overrules it";
    lines.follow_tape();
    lines.unfreeze("inner.first");
    EXPECT_TRUE(lines.inner.training());
}

TEST(Freezing, KeepsTheRunningMomentsOfABatchNormalisation) {
    const BatchNorm norm({.channels = 2}, Random(1));
    const Variable x = Random(2).normal({5, 2});
    norm.freeze();
    const Variable evaluated = norm(x);
    Tape tape({x});
    expect_equal(norm(x), evaluated);
    expect_tensor(norm.running_mean, {2}, {0, 0});
    expect_tensor(norm.running_variance, {2}, {1, 1});
    EXPECT_NO_THROW(tape.gradient(norm(x), Tensor::ones({5, 2})));
}

TEST(Freezing, OfTiedWeightsIsForAllWhoShareThem) {
    const Tied tied;
    tied.up.weight.freeze();
    EXPECT_TRUE(tied.down.weight.frozen());
    EXPECT_EQ(names(tied.parameters()), (Names{"down.bias", "up.bias"}));
}

// ---- mode and element type ------------------------------------------------------------------------------------------

TEST(TrainingMode, IsOnWhileALiveTapeWatchesAParameter) {
    const Lines lines;
    EXPECT_FALSE(lines.training());
    {
        Tape tape({lines.outer.last});
        EXPECT_TRUE(lines.training() && lines.inner.training());
        const Variable y = sum(lines(Tensor({2}, {1, 2})));
        tape.gradient(y);
        EXPECT_FALSE(lines.training()) << "a tape that was swept is no longer live";
    }
    EXPECT_FALSE(lines.training() || lines.inner.training());
}

TEST(TrainingMode, IsOffWhileTapesWatchInputsOrBuffersAlone) {
    const Lines lines;
    const Variable x = Tensor({2}, {1, 2});
    const Tape of_input({x}), of_buffer({lines.inner.calls}), of_nothing({});
    EXPECT_FALSE(lines.training());
    const Tape of_parameters(lines.parameters());
    EXPECT_TRUE(lines.training());
}

TEST(TrainingMode, OfALayerAmongOthersFollowsTheTapeOfTheOthers) {
    // Dropout has no parameters of its own.
    const Sequential net(Linear({.in = 64, .out = 64}, Random(1)), Dropout(0.5, Random(2)));
    const Tape tape(net.parameters());
    net(Tensor::ones({1, 64}));
    expect_tensor(net.buffers()[0].state, {}, {1});
}

TEST(TrainingMode, OfAnInputGradientIsEvaluation) {
    const Sequential net(BatchNorm({.channels = 3}, Random(1)), Dropout(0.5, Random(2)),
                         SpectralNorm(Linear({.in = 3, .out = 2}, Random(3)), Random(4)));
    const std::vector<Tensor> before = values(net.states());
    const Variable x = Random(5).normal({4, 3}), evaluated = net(x);
    Tape tape({x});
    const Variable y = net(x);
    expect_equal(y, evaluated);
    tape.gradient(sum(y));
    EXPECT_EQ(changed(net.states(), before), Names{});
}

TEST(TrainingMode, IsThatOfTheInnermostScopeWhateverTheTape) {
    const Lines lines;
    const Tape tape(lines.parameters());
    const ModeScope evaluating(Mode::evaluate);
    EXPECT_FALSE(lines.training());
    {
        const ModeScope training(Mode::train);
        EXPECT_TRUE(lines.training());
    }
    EXPECT_FALSE(lines.training());
    Lines told;
    told.train();
    EXPECT_TRUE(told.training()) << "train() overrules the scope";
}

TEST(TrainingMode, IsOverruledForAModuleAndItsChildren) {
    Lines lines;
    lines.train();
    EXPECT_TRUE(lines.training() && lines.inner.training() && lines.outer.training());
    lines.evaluate();
    {
        const Tape tape(lines.parameters());
        EXPECT_FALSE(lines.training() || lines.inner.training() || lines.outer.training());
        lines.follow_tape();
        EXPECT_TRUE(lines.training() && lines.inner.training() && lines.outer.training());
    }
    EXPECT_FALSE(lines.training() || lines.inner.training() || lines.outer.training());
}

TEST(TrainingMode, OfAChildAloneIsItsOwn) {
    Lines lines;
    lines.inner.train();
    EXPECT_TRUE(lines.inner.training());
    EXPECT_FALSE(lines.training() || lines.outer.training());
}

TEST(Cast, ChangesTheTypeOfEveryStateAndComesBackToTheSameBits) {
    Tied tied;
    const std::vector<Tensor> before = values(tied.states());
    tied.cast(DType::float64);
    for (std::size_t i = 0; const NamedState& named : tied.states()) {
        EXPECT_EQ(named.state.value().dtype(), DType::float64) << named.name;
        EXPECT_TRUE(equal(named.state.value(), before[i++])) << named.name;
    }
    EXPECT_EQ(tied(Tensor::ones({1, 2, 2, 2}, DType::float64)).dtype(), DType::float64);
    tied.cast(DType::float32);
    EXPECT_EQ(changed(tied.states(), before), Names{});
}

}  // namespace
}  // namespace adjoint
