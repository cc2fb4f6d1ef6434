// Truths about what joins a module: its name is its own, and it follows what the module was told before it came.
#include <thread>

#include "framework/ops/elementwise.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
#include "layers/spectral_norm.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Random random(1);

Linear linear() { return Linear({.in = 2, .out = 2}, random); }

/// Makes a parameter, a buffer or a child of each name.
class Named : public Module {
  public:
    Named(const std::vector<std::string>& parameters, const std::vector<std::string>& buffers,
          const std::vector<std::string>& children) {
        for (const std::string& name : parameters) parameter(name, Tensor());
        for (const std::string& name : buffers) buffer(name, Tensor());
        for (const std::string& name : children) child(name, linear());
    }
    Variable forward(const Variable& x) const override { return x; }
};

TEST(ModuleNames, AreRefusedWhereTwoStatesCouldComeToShareOne) {
    const auto refused = [](const std::string& earlier, const std::string& later) {
        return fmt::format("Module: names must differ, and none begin with another and a dot; got {} after {}", later,
                           earlier);
    };
    EXPECT_REFUSAL(Named({"w", "w"}, {}, {}), refused("w", "w"));
    EXPECT_REFUSAL(Named({"w"}, {"w"}, {}), refused("w", "w"));
    EXPECT_REFUSAL(Named({}, {}, {"a", "a"}), refused("a", "a"));
    EXPECT_REFUSAL(Named({"a.weight"}, {}, {"a"}), refused("a.weight", "a"));
    EXPECT_REFUSAL(Named({}, {}, {"a", "a.b"}), refused("a", "a.b"));
    EXPECT_EQ(error_of([] { Named({"w", "w1"}, {"ww"}, {"a.b", "a.c", "ab"}); }), "no error");
}

TEST(ModuleNames, OfASequentialAreRefusedTwiceAndNothingIsAdded) {
    Sequential net(linear());
    EXPECT_REFUSAL(net.append("0", linear()),
                   "Module: names must differ, and none begin with another and a dot; got 0 after 0");
    net.append("1", linear());
    EXPECT_EQ(names(net.states()), (Names{"0.weight", "0.bias", "1.weight", "1.bias"}));
    EXPECT_EQ(net.layers().size(), 2u);
}

// ---- the mode

TEST(LayerAppendedLater, FollowsWhatItsContainerWasTold) {
    Sequential net(linear());
    net.evaluate();
    net.append("norm", BatchNorm({.channels = 2}, random)).append("inner", Sequential(Dropout(0.5, random)));
    const std::vector<Tensor> before = values(net.states());
    const Tape tape(net.parameters());
    const Variable x = random.normal({4, 2});
    net(x);
    EXPECT_EQ(changed(net.states(), before), Names{});
    net.follow_tape();
    net(x);
    EXPECT_EQ(changed(net.states(), before), (Names{"norm.running_mean", "norm.running_variance", "inner.0.steps"}));
}

TEST(LayerAppendedLater, KeepsWhatItWasToldItselfWhereItsContainerWasToldNothing) {
    BatchNorm norm({.channels = 2}, random);
    norm.evaluate();
    Sequential net(linear());
    net.append("norm", std::move(norm));
    const Tape tape(net.parameters());
    net(random.normal({4, 2}));
    expect_tensor(net.buffers()[0].state, {2}, {0, 0});
}

TEST(ModeScopeOfAnotherThread, EndsWhereverItIsDestroyed) {
    const Linear layer = linear();
    auto scope = std::make_unique<ModeScope>(Mode::train);
    EXPECT_TRUE(layer.training());
    std::thread([&] {
        EXPECT_FALSE(layer.training());
        scope.reset();
        EXPECT_FALSE(layer.training());
    }).join();
    EXPECT_FALSE(layer.training());
}

TEST(ModeScope, MayEndBeforeOneThatIsYounger) {
    const Linear layer = linear();
    auto older = std::make_unique<ModeScope>(Mode::evaluate);
    const ModeScope younger(Mode::train);
    older.reset();
    EXPECT_TRUE(layer.training());
}

// ---- frozen wrappers

TEST(FrozenWrapper, KeepsItsDirection) {
    const SpectralNorm layer(Linear({.in = 16, .out = 16}, random), random);
    const Linear other = linear();
    const std::vector<Tensor> before = values(layer.states());
    const Variable x = random.normal({1, 16}), y = layer(x);
    layer.freeze();
    const Tape tape(other.parameters());
    for (int call = 0; call < 20; ++call) layer(x);
    EXPECT_EQ(changed(layer.states(), before), Names{});
    expect_equal(layer(x), y);
    layer.unfreeze("layer.bias");
    layer(x);
    EXPECT_EQ(changed(layer.states(), before), Names{}) << "the direction is the weight's";
    layer.unfreeze();
    layer(x);
    EXPECT_EQ(changed(layer.states(), before), Names{"direction"});
}

/// Counts its calls in training, as a wrapper of somebody else may.
class Counter : public Module {
  public:
    explicit Counter(Linear wrapped)
        : layer(child("layer", std::move(wrapped))), calls(buffer("calls", Tensor::zeros({}))) {}
    Variable forward(const Variable& x) const override {
        if (training()) calls.assign((calls + 1.0).value());
        return layer(x);
    }

    Linear& layer;
    Buffer calls;
};

TEST(FrozenWrapper, OfAnyKindBehavesAsInEvaluation) {
    const Counter counter(linear());
    const Linear other = linear();
    const Tape tape(other.parameters());
    const Variable x = random.normal({1, 2});
    counter(x);
    counter.freeze();
    counter(x);
    expect_tensor(counter.calls, {}, {1});
    counter.layer.weight.unfreeze();
    counter(x);
    expect_tensor(counter.calls, {}, {2});
}

// ---- counters

TEST(Dropout, CountsBeyondWhatFloat32HoldsThoughItWasCast) {
    Dropout dropout(0.5, random);
    dropout.steps.assign(doubles({}, {0x1p24}));
    dropout.cast(DType::float32);
    dropout.train();
    dropout(Tensor::ones({4}));
    dropout(Tensor::ones({4}));
    EXPECT_EQ(dropout.steps.value().item(), 0x1p24 + 2);
}

}  // namespace
}  // namespace adjoint
