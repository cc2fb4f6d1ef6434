// Truths about losses: literal values and gradients, both sides of every case, extremes that stay finite and right, and
// what is refused.
#include "layers/losses/losses.h"

#include <limits>

#include "framework/analysis/derivatives.h"
#include "framework/tensor/random.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

class Losses : public testing::TestWithParam<DType> {
  protected:
    static Variable of(const Shape& shape, const std::vector<double>& elements) {
        return Tensor(shape, elements, GetParam());
    }
    using Loss = std::function<Variable(const Variable&)>;
    static Variable gradient(const Loss& loss, const Variable& x) {
        Tape tape({x});
        return tape.gradient(loss(x))[0];
    }
    const double tiny = GetParam() == DType::float32 ? 1e-6 : 1e-14;
};
INSTANTIATE_TEST_SUITE_P(In, Losses, testing::Values(DType::float32, DType::float64), TypeName());

TEST_P(Losses, MeanSquaredErrorAveragesSquares) {
    const Variable y = of({2, 2}, {1, 2, 3, 4}), t = of({2, 2}, {1, 0, 6, 4.5});
    expect_tensor(mean_squared_error(y, t), {}, {(4 + 9 + 0.25) / 4});
    expect_tensor(gradient([&](const Variable& v) { return mean_squared_error(v, t); }, y), {2, 2},
                  {0, 1, -1.5, -0.25});
    expect_tensor(mean_squared_error(y, of({}, {1})), {}, {(1 + 4 + 9) / 4.0});
}

TEST_P(Losses, MeanAbsoluteErrorAveragesMagnitudes) {
    const Variable y = of({2, 2}, {1, 2, 3, 4}), t = of({2, 2}, {1, 0, 6, 4.5});
    expect_tensor(mean_absolute_error(y, t), {}, {(2 + 3 + 0.5) / 4});
    expect_tensor(gradient([&](const Variable& v) { return mean_absolute_error(v, t); }, y), {2, 2},
                  {0, 0.25, -0.25, -0.25});
}

// ---- what broadcasts otherwise is a mistake

TEST_P(Losses, TakeATargetOfThePredictionsShapeOrASingleNumber) {
    const Variable column = of({3, 1}, {1, 2, 3}), row = of({3}, {1, 2, 3});
    const auto refusal = [](const char* loss, const char* shapes) {
        return fmt::format("{}: the target must have the prediction's shape or be a single number; got {}", loss,
                           shapes);
    };
    EXPECT_REFUSAL(mean_squared_error(column, row), refusal("mean_squared_error", "[3, 1] and [3]"));
    EXPECT_REFUSAL(mean_squared_error(row, of({}, {1})), "no error");
    EXPECT_REFUSAL(mean_squared_error(of({}, {1}), row), refusal("mean_squared_error", "[] and [3]"));
    EXPECT_REFUSAL(mean_absolute_error(row, column), refusal("mean_absolute_error", "[3] and [3, 1]"));
    EXPECT_REFUSAL(huber(column, row), refusal("huber", "[3, 1] and [3]"));
    EXPECT_REFUSAL(binary_cross_entropy_with_logits(column, row),
                   refusal("binary_cross_entropy_with_logits", "[3, 1] and [3]"));
}

// ---- Huber ----------------------------------------------------------------------------------------------------------

TEST_P(Losses, HuberIsSquaredUpToDeltaAndLinearBeyond) {
    const Variable t = of({}, {1});
    const auto value = [&](double y) { return huber(of({1}, {y}), t, 0.5).item(); };
    EXPECT_NEAR(value(1.25), 0.25 * 0.25 / 2, tiny);
    EXPECT_NEAR(value(0.75), 0.25 * 0.25 / 2, tiny);
    EXPECT_NEAR(value(1.5), 0.125, tiny);
    EXPECT_NEAR(value(0.5), 0.125, tiny);
    EXPECT_NEAR(value(4), 0.5 * (3 - 0.25), tiny);
    EXPECT_NEAR(value(-2), 0.5 * (3 - 0.25), tiny);
    EXPECT_EQ(huber(of({2}, {3, 1}), t).item(), 0.75);  // delta is 1
}

TEST_P(Losses, HuberHasTheErrorAsItsGradientLimitedToDelta) {
    const Variable y = of({7}, {0, 0.25, -0.25, 0.5, -0.5, 4, -4}), t = of({}, {0});
    const Variable g = gradient([&](const Variable& v) { return huber(v, t, 0.5); }, y);
    expect_tensor(g * 7.0, {7}, {0, 0.25, -0.25, 0.5, -0.5, 0.5, -0.5}, tiny);
}

TEST_P(Losses, HuberHasSecondDerivativeOneWithinDeltaAndZeroBeyond) {
    const Variable x = of({3}, {1, 2.5, 9}), t = of({3}, {1, 2, 3});
    const auto loss = [&](const std::vector<Variable>& in) { return huber(in[0], t); };
    expect_tensor(hvp(loss, {x}, {of({3}, {1, 1, 1})})[0], {3}, {1.0 / 3, 1.0 / 3, 0}, tiny);
}

TEST_P(Losses, HuberOfOutliersLosesNoDigits) {
    const Variable t = of({}, {0});
    for (const double e : {1e4, -1e6, 1e8, 1e25}) {
        const Variable y = of({1}, {e});
        EXPECT_NEAR(huber(y, t).item(), std::abs(e) - 0.5, 1e-6 * std::abs(e));
        expect_tensor(gradient([&](const Variable& v) { return huber(v, t); }, y), {1}, {e > 0 ? 1.0 : -1.0});
    }
}

TEST(HuberRefusal, OfADeltaThatIsNotPositive) {
    const Variable y = Tensor({1}, {1});
    EXPECT_REFUSAL(huber(y, y, 0.0), "huber: delta must be positive; got 0");
}

// ---- binary cross-entropy -------------------------------------------------------------------------------------------

TEST_P(Losses, BinaryCrossEntropyIsItsDefinition) {
    const std::vector<double> logits = {-3, -0.5, 0, 0.5, 3}, targets = {0, 0.3, 1, 0.5, 1};
    double expected = 0.0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const double p = 1 / (1 + std::exp(-logits[i]));
        expected += (-targets[i] * std::log(p) - (1 - targets[i]) * std::log(1 - p)) / 5;
    }
    EXPECT_NEAR(binary_cross_entropy_with_logits(of({5}, logits), of({5}, targets)).item(), expected, tiny);
    EXPECT_NEAR(binary_cross_entropy_with_logits(of({4}, {0, 0, 0, 0}), 0.9).item(), std::log(2.0), tiny);
}

TEST_P(Losses, BinaryCrossEntropyOfExtremeLogitsIsFiniteAndRight) {
    for (const double t : {0.0, 0.3, 1.0}) {
        for (const double x : {1e4, -1e4}) {
            const auto loss = [t](const Variable& v) { return binary_cross_entropy_with_logits(v, t); };
            EXPECT_NEAR(loss(of({1}, {x})).item(), x > 0 ? x * (1 - t) : -x * t, tiny * 1e4) << x << ", " << t;
            const double slope = (x > 0 ? 1 : 0) - t;
            expect_tensor(gradient(loss, of({1}, {x})), {1}, {slope}, tiny);
        }
    }
}

TEST_P(Losses, BinaryCrossEntropyKeepsItsDigitsWhereItIsSmall) {
    for (const double x : {10.0, 20.0, 60.0}) {
        const double exact = std::log1p(std::exp(-x));
        const auto loss = [&](double logit, double target) {
            return binary_cross_entropy_with_logits(Tensor({1}, {logit}, GetParam()), target).item();
        };
        EXPECT_NEAR(loss(x, 1.0) / exact, 1.0, 1e-5) << "logit " << x;
        EXPECT_NEAR(loss(-x, 0.0) / exact, 1.0, 1e-5) << "logit " << -x;
    }
}

TEST_P(Losses, BinaryCrossEntropyHasTheGradientSigmoidMinusTargetOverCount) {
    const Variable x = of({2, 2}, {-1, 0, 0.5, 2}), t = of({2, 2}, {0, 0.25, 1, 0.5});
    const auto loss = [&](const Variable& v) { return binary_cross_entropy_with_logits(v, t); };
    expect_equal(gradient(loss, x), (sigmoid(x) - t) / 4.0, tiny);
    const auto of_target = [&](const Variable& v) { return binary_cross_entropy_with_logits(x, v); };
    expect_equal(gradient(of_target, t), x / -4.0, tiny);
}

// ---- cross-entropy --------------------------------------------------------------------------------------------------

TEST_P(Losses, CrossEntropyAveragesTheNegativeLogarithmOfTheLabelsProbability) {
    const Variable x = of({2, 3}, {1, 2, 3, 0, 0, 0});
    const double first = -std::log(std::exp(1) / (std::exp(1) + std::exp(2) + std::exp(3)));
    EXPECT_NEAR(cross_entropy(x, {0, 2}).item(), (first + std::log(3.0)) / 2, tiny * 4);
}

TEST_P(Losses, CrossEntropyHasTheGradientSoftmaxMinusLabel) {
    const Variable x = of({2, 3}, {0, 0, 0, std::log(1), std::log(2), std::log(5)});
    expect_tensor(gradient(
                      [](const Variable& v) {
                          return cross_entropy(v, {1, 2});
                      },
                      x),
                  {2, 3}, {1.0 / 6, -1.0 / 3, 1.0 / 6, 1.0 / 16, 1.0 / 8, -3.0 / 16}, tiny);
}

TEST_P(Losses, CrossEntropyOfExtremeLogitsIsFiniteAndRight) {
    const Variable x = of({2, 3}, {1e4, 0, -1e4, 1e4, 0, -1e4});
    const auto loss = [](const Variable& v) { return cross_entropy(v, {0, 2}); };
    EXPECT_NEAR(loss(x).item(), 1e4, 1e-2);
    expect_tensor(gradient(loss, x), {2, 3}, {0, 0, 0, 0.5, 0, -0.5}, tiny);
}

TEST(CrossEntropyRefusal, SaysWhichLabelIsNoClassAndWhere) {
    const Variable x = Tensor::zeros({2, 3});
    EXPECT_REFUSAL(cross_entropy(x, {1, 3}), "cross_entropy: label 3 is not one of 3 classes; got it for row 1");
    EXPECT_REFUSAL(cross_entropy(x, {-1, 0}), "cross_entropy: label -1 is not one of 3 classes; got it for row 0");
    EXPECT_REFUSAL(cross_entropy(x, {1}),
                   "cross_entropy: logits must be [N, classes] with N labels; got [2, 3] and 1 labels");
    EXPECT_REFUSAL(cross_entropy(Tensor::zeros({2}), {1, 0}),
                   "cross_entropy: logits must be [N, classes] with N labels; got [2] and 2 labels");
}

TEST_P(Losses, CrossEntropyIgnoresClassesThatAreImpossible) {
    const Variable x = of({1, 3}, {0, -std::numeric_limits<double>::infinity(), 0});
    const auto loss = [](const Variable& v) { return cross_entropy(v, {2}); };
    EXPECT_NEAR(loss(x).item(), std::log(2.0), tiny);
    expect_tensor(gradient(loss, x), {1, 3}, {0.5, 0, -0.5}, tiny);
}

// ---- Kullback-Leibler divergence ------------------------------------------------------------------------------------

TEST_P(Losses, KlDivergenceIsNothingFromTheStandardNormalToItself) {
    const Variable zeros = of({3, 2}, {0, 0, 0, 0, 0, 0});
    EXPECT_EQ(kl_divergence(zeros, zeros).item(), 0.0);
}

TEST_P(Losses, KlDivergenceSumsOverNumbersAndAveragesOverRows) {
    const double e = std::exp(1.0), expected = (1.0 + 4.0) / 2 + (e - 2) / 2 + (1 / e) / 2;
    EXPECT_NEAR(kl_divergence(of({1, 4}, {1, 2, 0, 0}), of({1, 4}, {0, 0, 1, -1})).item(), expected, 4 * tiny);
    EXPECT_NEAR(kl_divergence(of({4, 1}, {1, 2, 0, 0}), of({4, 1}, {0, 0, 1, -1})).item(), expected / 4, tiny);
}

TEST_P(Losses, KlDivergenceHasTheseGradients) {
    const Variable mean = of({2, 2}, {1, -2, 0, 0.5});
    const Variable log_variance = of({2, 2}, {0, std::log(4), -std::log(2), std::log(3)});
    expect_tensor(gradient([&](const Variable& v) { return kl_divergence(v, log_variance); }, mean), {2, 2},
                  {0.5, -1, 0, 0.25}, tiny);
    expect_tensor(gradient([&](const Variable& v) { return kl_divergence(mean, v); }, log_variance), {2, 2},
                  {0, 0.75, -0.125, 0.5}, tiny);
}

TEST(KlDivergence, IsTheMeanOfTheLogarithmOfTheRatioOfDensities) {
    const double mean = 0.7, log_variance = -1.2, deviation = std::exp(log_variance / 2);
    constexpr int count = 100'000;
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < count; ++i) {
        const double epsilon = Random(5).normal(static_cast<std::uint64_t>(i)), z = mean + deviation * epsilon;
        const double ratio = -std::log(deviation) - epsilon * epsilon / 2 + z * z / 2;  // log q(z) − log p(z)
        sum += ratio;
        squares += ratio * ratio;
    }
    const double average = sum / count, error = std::sqrt((squares / count - average * average) / count);
    EXPECT_LT(error, 0.005);
    EXPECT_NEAR(kl_divergence(doubles({1, 1}, {mean}), doubles({1, 1}, {log_variance})).item(), average, 4 * error);
}

TEST(KlDivergence, RefusesWhatIsNotARowOfNumbersForEachImage) {
    const Variable two = Tensor::zeros({3, 2}), flat = Tensor::zeros({2});
    EXPECT_REFUSAL(kl_divergence(two, Tensor::zeros({3, 1})),
                   "kl_divergence: mean and log_variance must be of one shape [N, latent]; got [3, 2] and [3, 1]");
    EXPECT_REFUSAL(kl_divergence(flat, flat),
                   "kl_divergence: mean and log_variance must be of one shape [N, latent]; got [2] and [2]");
}

}  // namespace
}  // namespace adjoint
