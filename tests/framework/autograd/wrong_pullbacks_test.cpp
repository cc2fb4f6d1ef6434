// Truths about pullbacks that return what cannot be an adjoint: the sweep refuses it where it happens and names the
// operation and the input.
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "tests/support/tape_operands.h"

namespace adjoint {
namespace {

// a·b, whose pullback for b is to be tried.
Variable product(const Variable& a, const Variable& b, const Pullback& for_b) {
    return record((stop_gradient(a) * stop_gradient(b)).value(),
                  {{a, [b, shape = a.shape()](const Variable& g) { return sum_to(g * b, shape); }}, {b, for_b}}, {},
                  "multiply");
}

std::string refusal(const std::vector<Variable>& watched, const Variable& a, const Variable& b, const Pullback& for_b) {
    Tape tape(watched);
    const Variable y = sum(product(a, b, for_b));
    return error_of([&] { tape.gradient(y); });
}

const Variable a = doubles({2, 3}, {1, 2, 3, 4, 5, 6}), b = doubles({3}, {7, 8, 9});

TEST(WrongPullback, WithoutASumOverABroadcastAxisIsToldSo) {
    const auto without_sum = [](const Variable& g) { return g * a; };
    const std::string told =
        "multiply: the pullback for input 2 must return [3]; got [2, 3] (is a sum over a broadcast "
        "axis missing?)";
    EXPECT_EQ(refusal({b}, a, b, without_sum), told);
    EXPECT_EQ(refusal({a, b}, a, b, without_sum), told);
    EXPECT_EQ(refusal({a}, a, b, without_sum), "no error") << "nobody asks for it";
}

TEST(WrongPullback, OfAnyOtherShapeIsRefusedWithoutAGuess) {
    EXPECT_EQ(
        refusal({b}, a, b, [](const Variable& g) { return sum(g * a, {0}, Keep::yes); }),
        "multiply: the pullback for input 2 must return [3]; got [1, 3] (is a sum over a broadcast axis missing?)");
    EXPECT_EQ(refusal({b}, a, b, [](const Variable& g) { return sum(g * a, {1}); }),
              "multiply: the pullback for input 2 must return [3]; got [2]");
    EXPECT_EQ(refusal({b}, a, b, [](const Variable& g) { return sum(g * a); }),
              "multiply: the pullback for input 2 must return [3]; got []");
}

TEST(WrongPullback, IsRefusedThoughItsSumWithAnotherContributionWouldBroadcast) {
    Tape tape({b});
    const Variable y = sum(b * b) + sum(product(a, b, [](const Variable& g) { return sum(g * a); }));
    EXPECT_REFUSAL(tape.gradient(y), "multiply: the pullback for input 2 must return [3]; got []");
}

TEST(WrongPullback, OfAnotherElementTypeIsRefused) {
    EXPECT_EQ(refusal({b}, a, b, [](const Variable& g) { return sum_to(g, {3}).value().cast(DType::float32); }),
              "multiply: the pullback for input 2 must return float64; got float32");
}

TEST(WrongPullback, OfAPullbackIsRefusedInTheSecondOrder) {
    const auto wrong = [](const Variable& g) {
        return record(sum(stop_gradient(g * a), {0}).value(), {{g, [](const Variable& h) { return h; }}}, {}, "inner");
    };
    Tape outer({b});
    Tape inner({b});
    const Variable slope = inner.gradient(sum(exp(product(a, b, wrong)))).front();
    EXPECT_REFUSAL(outer.gradient(sum(slope)), "inner: the pullback for input 1 must return [2, 3]; got [3]");
}

TEST(Tape, RefusesASeedOfAnotherElementType) {
    Tape tape({b});
    EXPECT_REFUSAL(tape.gradient(exp(b), Tensor::ones({3})),
                   "Tape::gradient: operands differ in element type; got float32 and float64");
}

}  // namespace
}  // namespace adjoint
