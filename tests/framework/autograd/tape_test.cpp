// Truths about the tape: it records what depends on the watched and nothing else, sweeps once, lets go of what it no
// longer needs, and refuses what has no derivative.
#include "framework/autograd/tape.h"

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/buffer_pool.h"
#include "tests/support/tape_operands.h"

namespace adjoint {
namespace {

// The identity, with a pullback that tells `noted` when it is called.
Variable noting(const Variable& x, std::function<void()> noted) {
    return record(x.value(), {{x, [noted](const Variable& g) {
                                   noted();
                                   return g;
                               }}});
}

TEST(Tape, LeavesTheSeedAsItWas) {
    const Variable x = Tensor({3}, {-1, 2, 3});
    const Tensor seed({3}, {4, 5, 6});
    Tape tape({x});
    const Variable y = relu(x);
    EXPECT_TRUE(equal(tape.gradient(y, seed).front().value(), Tensor({3}, {0, 5, 6})));
    EXPECT_TRUE(equal(seed, Tensor({3}, {4, 5, 6})));
}

TEST(Tape, GivesGradientsInTheOrderOfTheWatched) {
    const Variable a = number(2), b = number(3), c = number(5);
    Tape tape({c, a, b});
    const std::vector<Variable> gradients = tape.gradient(a * b * c);
    ASSERT_EQ(gradients.size(), 3U);
    EXPECT_EQ(gradients[0].item(), 6.0);
    EXPECT_EQ(gradients[1].item(), 15.0);
    EXPECT_EQ(gradients[2].item(), 10.0);
}

TEST(Tape, GivesOneForTheWatchedItself) {
    const Variable x = number(7);
    Tape tape({x});
    EXPECT_EQ(tape.gradient(x)[0].item(), 1.0);
}

TEST(Tape, GivesAVariableWatchedTwiceItsGradientTwice) {
    const Variable x = number(3);
    Tape tape({x, x});
    const std::vector<Variable> gradients = tape.gradient(x * x);
    EXPECT_EQ(gradients[0].item(), 6.0);
    EXPECT_EQ(gradients[1].item(), 6.0);
}

TEST(Tape, AddsTheUsesOfAVariable) {
    const Variable x = number(3);
    Tape tape({x});
    EXPECT_EQ(tape.gradient(x * x * x + 2.0 * x + x)[0].item(), 30.0);
}

TEST(Tape, AddsThePathsThroughAnIntermediateBeforeItGoesOn) {
    const Variable x = number(3);
    int calls = 0;
    Tape tape({x});
    const Variable z = noting(x, [&] { ++calls; });
    EXPECT_EQ(tape.gradient(z * z + 5.0 * z)[0].item(), 11.0);
    EXPECT_EQ(calls, 1);
}

TEST(Tape, WeighsTheElementsOfYByTheSeed) {
    const Variable x = doubles({3}, {1, 2, 3});
    Tape tape({x});
    expect_tensor(tape.gradient(x * x, doubles({3}, {1, 10, 100}))[0], {3}, {2, 40, 600});
}

TEST(Tape, TakesASingleNumberOfAnyRankWithoutASeed) {
    const Variable x = doubles({1, 1}, {4});
    Tape tape({x});
    expect_tensor(tape.gradient(x * x)[0], {1, 1}, {8});
}

TEST(Tape, DifferentiatesFloat32InFloat32) {
    const Variable x = Tensor({2}, {1, 2});
    Tape tape({x});
    expect_equal(tape.gradient(sum(x * x))[0], Tensor({2}, {2, 4}));
}

TEST(Tape, DoesNotRecordWhatDoesNotDependOnTheWatched) {
    const Variable x = number(1), other = number(2);
    const auto token = std::make_shared<int>();
    const Tape tape({x});
    const Variable y = holding(other, token) * other;
    EXPECT_FALSE(tape.depends(y));
    EXPECT_EQ(token.use_count(), 1);
    EXPECT_TRUE(tape.depends(x));
    EXPECT_TRUE(tape.depends(holding(x, token)));
    EXPECT_EQ(token.use_count(), 2);
}

TEST(Tape, DoesNotKeepTheEdgesToWhatIsNotWatched) {
    const Variable x = number(2), other = number(3);
    const auto token = std::make_shared<int>();
    const auto never = [token](const Variable&) -> Variable {
        throw std::logic_error("an unwatched edge was followed");
    };
    Tape tape({x});
    const Variable y = record(Tensor(x.value()), {{x, [](const Variable& g) { return g; }}, {other, never}});
    EXPECT_EQ(token.use_count(), 2) << "of the token and `never`";
    EXPECT_EQ(tape.gradient(y)[0].item(), 1.0);
}

TEST(Tape, DoesNotFollowTheEdgesThatOnlyAnotherTapeNeeds) {
    const Variable x = number(2), other = number(3);
    bool followed = false;
    Tape outer({other});
    Tape inner({x});
    const auto noted = [&](const Variable& g) {
        followed = true;
        return g;
    };
    const Variable y = record(Tensor(x.value()), {{x, [](const Variable& g) { return 5.0 * g; }}, {other, noted}});
    EXPECT_EQ(inner.gradient(y)[0].item(), 5.0);
    EXPECT_FALSE(followed);
    EXPECT_EQ(outer.gradient(y)[0].item(), 1.0);
    EXPECT_TRUE(followed);
}

TEST(Tape, DoesNotCallPullbacksThatYDoesNotDependOn) {
    const Variable x = number(2);
    bool called = false;
    Tape tape({x});
    noting(x, [&] { called = true; });
    EXPECT_EQ(tape.gradient(3.0 * x)[0].item(), 3.0);
    EXPECT_FALSE(called);
}

TEST(Tape, HoldsNoMemoryForWhatItDoesNotRecord) {
    const Variable x = number(1), image = Tensor::zeros({1000, 1013});
    Tape tape({x});
    exp(exp(image));
    const std::size_t before = pool_statistics().requests;
    for (int i = 0; i < 20; ++i) exp(exp(image));
    EXPECT_EQ(pool_statistics().requests, before);
}

TEST(Tape, RecordsNothingWithoutALiveTape) {
    const auto token = std::make_shared<int>();
    const Variable x = number(1);
    EXPECT_FALSE(Tape::recording());
    { const Variable y = holding(x, token); }
    EXPECT_EQ(token.use_count(), 1);
}

TEST(Tape, RecordsFromItsBirthToItsEnd) {
    const Variable x = number(2);
    const Variable before = x * x;
    {
        const Tape tape({x});
        EXPECT_TRUE(Tape::recording());
        EXPECT_FALSE(tape.depends(before));
        EXPECT_TRUE(tape.depends(x * x));
    }
    EXPECT_FALSE(Tape::recording());
}

TEST(Tape, LetsGoOfEverythingAtItsEnd) {
    const auto token = std::make_shared<int>();
    const Variable x = number(2);
    {
        const Tape tape({x});
        holding(x, token);
        EXPECT_EQ(token.use_count(), 2);
    }
    EXPECT_EQ(token.use_count(), 1);
}

TEST(Tape, MayEndBeforeATapeThatIsYounger) {
    const Variable x = number(3);
    auto older = std::make_unique<Tape>(std::vector<Variable>{x});
    Tape younger({x});
    older.reset();
    EXPECT_TRUE(Tape::recording());
    EXPECT_EQ(younger.gradient(x * x)[0].item(), 6.0);
}

TEST(Tape, LetsGoOfEachOperationDuringTheSweep) {
    const auto token = std::make_shared<int>();
    const Variable x = number(2);
    long holders_of_later = 0;
    Tape tape({x});
    const Variable earlier = noting(x, [&] { holders_of_later = token.use_count(); });
    const Variable y = holding(earlier, token);
    EXPECT_EQ(token.use_count(), 2);
    tape.gradient(y);
    EXPECT_EQ(holders_of_later, 1);
}

TEST(Tape, LetsGoOfEachAdjointDuringTheSweep) {
    const Variable x = Tensor::ones({1000, 1017});
    Tape tape({x});
    Variable y = x;
    for (int i = 0; i < 20; ++i) y = record(x.value(), {{y, [](const Variable& g) { return -g; }}});
    const Variable seed = Tensor::ones(x.shape());
    const std::size_t before = pool_statistics().requests;
    tape.gradient(y, seed);
    EXPECT_LE(pool_statistics().requests - before, 2U)
        << "buffers, for twenty adjoints of which one is alive at a time";
}

TEST(Tape, IsOfOneThread) {
    const Variable x = number(2);
    Tape tape({x});
    bool recording_there = true, depends_there = true;
    double gradient_there = 0;
    std::thread([&] {
        recording_there = Tape::recording();
        depends_there = tape.depends(x * x);
        Tape own({x});
        gradient_there = own.gradient(x * x * x)[0].item();
    }).join();
    EXPECT_FALSE(recording_there);
    EXPECT_FALSE(depends_there);
    EXPECT_EQ(gradient_there, 12.0);
    EXPECT_EQ(tape.gradient(x * x)[0].item(), 4.0);
}

TEST(Tape, IsCutByAConstant) {
    const Variable x = number(3);
    Tape tape({x});
    const Variable cut = stop_gradient(x * x);
    EXPECT_FALSE(tape.depends(cut));
    EXPECT_EQ(tape.gradient(cut * x)[0].item(), 9.0);
}

TEST(Tape, TakesACopyForTheSameVariable) {
    const Variable x = number(3), copy = x;
    Tape tape({x});
    EXPECT_EQ(tape.gradient(copy * copy)[0].item(), 6.0);
}

TEST(Tape, IsSweptOnce) {
    const Variable x = number(3);
    Tape tape({x});
    const Variable y = x * x;
    tape.gradient(y);
    EXPECT_REFUSAL(tape.gradient(y), "Tape::gradient: a tape is swept once; got a second call");
}

TEST(Tape, RecordsNothingAfterItsSweep) {
    const auto token = std::make_shared<int>();
    const Variable x = number(3);
    Tape tape({x});
    tape.gradient(x * x);
    EXPECT_FALSE(tape.depends(holding(x, token)));
    EXPECT_EQ(token.use_count(), 1);
}

TEST(Tape, RefusesAYThatDependsOnNothingWatched) {
    const Variable x = number(3), other = doubles({1}, {4});
    Tape tape({x});
    EXPECT_REFUSAL(tape.gradient(other * other), "Tape::gradient: y does not depend on anything watched; got y [1]");
}

TEST(Tape, RefusesAWatchedVariableThatYDoesNotDependOn) {
    const Variable x = number(3), other = doubles({2, 1}, {4, 5});
    Tape tape({x, other});
    EXPECT_REFUSAL(tape.gradient(x * x),
                   "Tape::gradient: y does not depend on watched variable 2 of 2; got its shape [2, 1]");
}

TEST(Tape, GivesZeroForTheUnconnectedWhereAsked) {
    const Variable x = number(3), other = Tensor({2, 1}, {4, 5});
    Tape tape({x, other});
    const std::vector<Variable> gradients = tape.gradient(x * x, Unconnected::zero);
    EXPECT_EQ(gradients[0].item(), 6.0);
    expect_equal(gradients[1], Tensor::zeros({2, 1}));
}

TEST(Tape, GivesZerosForAConstantWhereAsked) {
    const Variable x = doubles({2}, {1, 2});
    Tape tape({x});
    expect_equal(tape.gradient(number(4), Unconnected::zero)[0], doubles({2}, {0, 0}));
}

TEST(Tape, RefusesSeveralNumbersWithoutASeed) {
    const Variable x = doubles({2, 3}, {1, 2, 3, 4, 5, 6});
    Tape tape({x});
    EXPECT_REFUSAL(tape.gradient(x * x), "Tape::gradient: without a seed y must be a single number; got y [2, 3]");
}

TEST(Tape, RefusesASeedOfAnotherShape) {
    const Variable x = doubles({2, 3}, {1, 2, 3, 4, 5, 6});
    Tape tape({x});
    EXPECT_REFUSAL(tape.gradient(x * x, doubles({3}, {1, 1, 1})),
                   "Tape::gradient: the seed must have the shape of y; got seed [3], y [2, 3]");
}

TEST(Tape, MayBeAskedAgainAfterItRefused) {
    const Variable x = doubles({2}, {1, 2});
    Tape tape({x});
    const Variable y = x * x;
    EXPECT_NE(error_of([&] { tape.gradient(y); }), "no error");
    expect_tensor(tape.gradient(sum(y))[0], {2}, {2, 4});
}

}  // namespace
}  // namespace adjoint
