// Truths about the calls of modules: each is heard once, with the shapes that it turned into each other and the
// arithmetic that it took, and nobody listens who was not asked to.
#include <gtest/gtest.h>

#include "layers/analysis/model_summary.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "layers/sequential.h"

namespace adjoint {
namespace {

Sequential network() {
    return Sequential(Linear({.in = 3, .out = 5}, Random(1)), Tanh(), Linear({.in = 5, .out = 2}, Random(2)));
}

TEST(ModuleCalls, AreHeardPartsBeforeTheWhole) {
    const Sequential net = network();
    const ModuleCalls listening;
    net(Tensor::zeros({7, 3}));
    const std::vector<ModuleCall>& calls = listening.calls();
    ASSERT_EQ(calls.size(), 4u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(calls[i].module, net.layers()[i].layer);
    EXPECT_EQ(calls[3].module, &net);
    EXPECT_EQ(calls[0].input, (Shape{7, 3}));
    EXPECT_EQ(calls[0].output, (Shape{7, 5}));
    EXPECT_EQ(calls[3].input, (Shape{7, 3}));
    EXPECT_EQ(calls[3].output, (Shape{7, 2}));
}

TEST(ModuleCalls, CountTheArithmeticOfTheirParts) {
    const Sequential net = network();
    const ModuleCalls listening;
    net(Tensor::zeros({7, 3}));
    EXPECT_EQ(listening.calls()[0].flops, 2 * 7 * 3 * 5);
    EXPECT_EQ(listening.calls()[1].flops, 0);
    EXPECT_EQ(listening.calls()[2].flops, 2 * 7 * 5 * 2);
    EXPECT_EQ(listening.calls()[3].flops, 2 * 7 * (3 * 5 + 5 * 2));
}

TEST(ModuleCalls, AreHeardOnlyWhileSomebodyListens) {
    const Sequential net = network();
    { const ModuleCalls before; }
    net(Tensor::zeros({1, 3}));
    const ModuleCalls listening;
    EXPECT_TRUE(listening.calls().empty());
}

TEST(ModuleCalls, ChangeNoResult) {
    const Sequential net = network();
    const Variable x = Random(3).normal({4, 3}), heard_by_nobody = net(x);
    const ModuleCalls listening;
    EXPECT_TRUE(identical(net(x).value(), heard_by_nobody.value()));
}

TEST(Module, NamesAllItsPartsAsTheirStatesAreNamed) {
    Sequential outer;
    outer.append("inner", network()).append("end", Tanh());
    std::vector<std::string> names;
    for (const NamedModule& part : outer.modules()) names.push_back(part.name);
    EXPECT_EQ(names, (std::vector<std::string>{"inner", "inner.0", "inner.1", "inner.2", "end"}));
    EXPECT_EQ(outer.modules()[1].module->parameters()[0].state.value().data<float>().data(),
              outer.parameters()[0].state.value().data<float>().data());
    EXPECT_EQ(outer.parameters()[0].name, "inner.0.weight");
}

}  // namespace
}  // namespace adjoint
