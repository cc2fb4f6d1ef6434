// Slopes that are measured are those of functions whose slopes are known; a kink shows, and so does what is not linear.
#include "framework/analysis/finite_difference.h"

#include <algorithm>
#include <cmath>

#include "tests/support/values.h"

namespace adjoint {
namespace {

const std::vector<Tensor> one = {doubles({}, {1})};

LineFunction function(double (*f)(double)) {
    return [f](double t) { return std::vector<Tensor>{doubles({}, {f(t)})}; };
}

MeasuredSlope slope_of(double (*f)(double), double h = 1e-3) {
    return measure_slope(function(f), function(f)(0.0), one, h);
}

TEST(MeasuredSlope, IsOfFourthOrder) {
    EXPECT_NEAR(slope_of([](double t) { return 5 + 2 * t - 3 * t * t + t * t * t + 7 * t * t * t * t; }).value, 2.0,
                1e-12);
    const auto error = [](double h) { return slope_of([](double t) { return std::exp(t); }, h).value - 1.0; };
    EXPECT_NEAR(error(0.1), -std::pow(0.1, 4) / 30, 1e-8);
    EXPECT_NEAR(error(0.2) / error(0.1), 16.0, 0.3);
}

TEST(MeasuredSlope, WeighsEachResult) {
    const LineFunction f = [](double t) {
        return std::vector<Tensor>{doubles({2}, {3 * t, 100}), doubles({}, {5 * t})};
    };
    EXPECT_NEAR(measure_slope(f, f(0.0), {doubles({2}, {2, 7}), doubles({}, {-1})}, 1e-3).value, 1.0, 1e-12);
}

TEST(MeasuredSlope, HasASlopeOnEitherSideOfAKink) {
    const MeasuredSlope slope = slope_of([](double t) { return t > 0 ? 3 * t : -t; });
    EXPECT_NEAR(slope.before, -1.0, 1e-12);
    EXPECT_NEAR(slope.after, 3.0, 1e-12);
    EXPECT_NEAR(slope.least, -1.0, 1e-12);
    EXPECT_NEAR(slope.most, 3.0, 1e-12);
    EXPECT_NEAR(slope.roughness, 4.0, 1e-12);
}

TEST(MeasuredSlope, DoesNotLetTwoKinksCancel) {
    const LineFunction f = [](double t) {
        return std::vector<Tensor>{doubles({2}, {std::max(t, 0.0), std::max(t, 0.0)})};
    };
    const MeasuredSlope slope = measure_slope(f, f(0.0), {doubles({2}, {1, -1})}, 1e-3);
    EXPECT_EQ(slope.value, 0.0);
    EXPECT_NEAR(slope.least, -1.0, 1e-12);
    EXPECT_NEAR(slope.most, 1.0, 1e-12);
}

TEST(MeasuredSlope, IsRoughWhereAKinkLiesBetweenItsPointsAndHardlyWhereTheFunctionIsSmooth) {
    EXPECT_LT(slope_of([](double t) { return std::exp(t); }).roughness, 1e-5);
    EXPECT_GT(slope_of([](double t) { return std::max(t - 0.5e-3, 0.0); }).roughness, 0.4);
    EXPECT_GT(slope_of([](double t) { return std::max(-t - 0.9e-3, 0.0); }).roughness, 0.4);
}

TEST(MeasuredSlope, KnowsWhatRoundingCosts) {
    const MeasuredSlope slope = slope_of([](double t) { return 1e6 + std::sin(t); }, 1e-5);
    EXPECT_LT(std::abs(slope.value - 1.0), slope.rounding);
    EXPECT_LT(slope.rounding, 1e-3);
}

TEST(MeasuredSlope, RefusesWhatIsNotFinite) {
    EXPECT_EQ(error_of([] { slope_of([](double t) { return t < 0 ? std::nan("") : t; }); }),
              "gradient_check: the function is not finite near its input; got nan");
}

double exact_slope_of(double (*f)(double)) { return exact_slope(function(f), function(f)(0.0), one); }

TEST(ExactSlope, IsTheSlopeToTheLastBit) {
    EXPECT_EQ(exact_slope_of([](double t) { return 123456789.0 * t - 987654321.0; }), 123456789.0);
}

TEST(ExactSlope, RefusesAFunctionThatIsNotLinear) {
    EXPECT_EQ(
        error_of([] { exact_slope_of([](double t) { return t + 2 * t * t; }); }),
        "gradient_check: an exact check needs a function that is linear in each input; got a second difference of "
        "4");
}

TEST(ExactSlope, RefusesValuesThatAreNotWhole) {
    EXPECT_EQ(error_of([] { exact_slope_of([](double t) { return t / 2; }); }),
              "gradient_check: an exact check needs whole values; got 0.5");
}

TEST(ExactSlope, RefusesValuesThatMayHaveBeenRounded) {
    EXPECT_EQ(error_of([] { exact_slope_of([](double t) { return 0x1p53 * t; }); }),
              "gradient_check: an exact check needs values below 2^53; got 9007199254740992");
}

}  // namespace
}  // namespace adjoint
