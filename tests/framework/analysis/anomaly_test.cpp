// Truths about numbers that are not finite: where the first one stands, and which operation made it, forward or
// backward.
#include "framework/analysis/anomaly.h"

#include <limits>

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/linear.h"
#include "layers/sequential.h"
#include "tests/support/expectations.h"

namespace adjoint {
namespace {

const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

TEST(FirstNotFinite, IsTheFirstInRowMajorOrderOfEitherType) {
    for (const DType dtype : {DType::float32, DType::float64}) {
        EXPECT_EQ(first_not_finite(Tensor({2, 2}, {0, 1, -2, 3e38}, dtype)), std::nullopt);
        EXPECT_EQ(first_not_finite(Tensor({2, 2}, {0, 1, nan, inf}, dtype)), 2);
        EXPECT_EQ(first_not_finite(Tensor({2, 2}, {0, -inf, nan, 1}, dtype)), 1);
        EXPECT_EQ(first_not_finite(Tensor({0}, {}, dtype)), std::nullopt);
    }
    std::vector<double> many(100'000, 1.0);
    many[99'999] = nan;
    EXPECT_EQ(first_not_finite(Tensor({100'000}, many)), 99'999);
}

TEST(AnomalyDetector, NamesTheOperationThatMadeTheFirstBadNumber) {
    const Variable x = Tensor({2, 2}, {1, 2, 3, 1000});
    const AnomalyDetector check;
    EXPECT_EQ(error_of([&] { log(exp(x)); }), "exp: the result must be finite; got inf at [1, 1] of [2, 2]");
    EXPECT_EQ(error_of([&] { sqrt(x - 2.0); }), "sqrt: the result must be finite; got nan at [0, 0] of [2, 2]");
    EXPECT_EQ(error_of([&] { x / (x - 3.0); }), "divide: the result must be finite; got inf at [1, 0] of [2, 2]");
    EXPECT_NO_THROW(exp(x * 0.01));
    EXPECT_THROW(exp(x), NotFinite);
}

TEST(AnomalyDetector, NamesAFinishedConvolutionWhetherOrNotATapeIsLive) {
    const Variable x = Tensor({1, 1, 2, 1}, {1, 1e30}), w = Tensor({1, 1, 1, 1}, {1e30});
    const auto overflow = [&] {
        conv2d(x, w, Conv2DForm::of("conv2d", x.shape(), w.shape(), {}), {.bias = Tensor({1}, {0})});
    };
    const AnomalyDetector check;
    const std::string expected = "conv2d: the result must be finite; got inf at [0, 0, 1, 0] of [1, 1, 2, 1]";
    EXPECT_EQ(error_of(overflow), expected);
    const Tape tape({x});
    EXPECT_EQ(error_of(overflow), expected);
}

TEST(AnomalyDetector, NamesTheOperationWhosePullbackMadeIt) {
    const Variable x = Tensor({2}, {0, 1});
    const AnomalyDetector check;
    Tape tape({x});
    const Variable y = sum(sqrt(x), {0});
    EXPECT_EQ(error_of([&] { tape.gradient(y); }),
              "backward of sqrt: divide: the result must be finite; got inf at [0] of [2]");
}

TEST(AnomalyDetector, EndsWithItsScope) {
    { const AnomalyDetector check; }
    EXPECT_NO_THROW(exp(Variable(Tensor({}, {1000}))));
}

TEST(AnomalyDetector, NamesTheLayerAndTheShapeOfItsInput) {
    const Random random(1);
    const Sequential model(Linear({.in = 2, .out = 3}, random.stream(1)),
                           Linear({.in = 3, .out = 1}, random.stream(2)));
    const States states = model.states();
    const std::string second = states[2].name.substr(0, states[2].name.find('.'));
    states[2].state.assign(Tensor::full(states[2].state.shape(), 3e38));
    const AnomalyDetector check(model.module_names());
    EXPECT_EQ(error_of([&] {
                  model(Tensor({1, 2}, {1e5, 1e5}));
              }).substr(0, 31),
              "matmul in " + second + "([1, 3]): the result");
}

}  // namespace
}  // namespace adjoint
