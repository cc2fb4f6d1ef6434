// Truths about functions applied element by element: their values in both types, their first and second derivatives,
// broadcasting, and what is refused.
#include "framework/ops/elementwise.h"

#include <fmt/ranges.h>
#include <numbers>

#include "framework/ops/reduction.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

// ---- Values -----------------------------------------------------------------------------------------------------

struct ValueCase {
    std::string name;
    std::function<Variable(const Variable&)> f;
    std::function<double(double)> definition;
    std::vector<double> at = {-3, -1.5, -0.25, 0.125, 0.5, 2, 4.75};
};
void PrintTo(const ValueCase& row, std::ostream* stream) { *stream << row.name; }

class ElementwiseValue : public testing::TestWithParam<ValueCase> {};

void expect_definition(DType dtype, double tolerance) {
    const ValueCase& row = testing::TestWithParam<ValueCase>::GetParam();
    // Repeated to a length that has vectorised iterations and a remainder.
    std::vector<double> x, expected;
    for (int i = 0; i < 77; ++i) {
        x.push_back(row.at[static_cast<std::size_t>(i) % row.at.size()]);
        expected.push_back(row.definition(x.back()));
    }
    const Variable y = row.f(Tensor({7, 11}, x, dtype));
    EXPECT_STREQ(name(y.dtype()), name(dtype));
    expect_tensor(y, {7, 11}, expected, tolerance);
}

TEST_P(ElementwiseValue, IsItsDefinitionInFloat64) { expect_definition(DType::float64, 1e-14); }
TEST_P(ElementwiseValue, IsItsDefinitionInFloat32) { expect_definition(DType::float32, 1e-6); }

// No element is near a kink or a pole.
TEST_P(ElementwiseValue, HasTheDerivativesOfFiniteDifferencesToSecondOrder) {
    const auto& [name, f, definition, at] = GetParam();
    if (name == "power_zero") return;  // a constant
    expect_derivatives([&f = f](const Inputs& x) { return f(x[0]); }, {doubles({std::ssize(at)}, at)});
}

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double logistic(double x) { return 1 / (1 + std::exp(-x)); }
const std::vector<double> positives = {0.125, 0.25, 0.5, 1, 2, 4.75, 100};

INSTANTIATE_TEST_SUITE_P(
    Of, ElementwiseValue,
    testing::Values(
        ValueCase{"negate", [](auto& x) { return -x; }, [](double x) { return -x; }},
        ValueCase{"exp", [](auto& x) { return exp(x); }, [](double x) { return std::exp(x); }},
        ValueCase{"log", [](auto& x) { return log(x); }, [](double x) { return std::log(x); }, positives},
        ValueCase{"sqrt", [](auto& x) { return sqrt(x); }, [](double x) { return std::sqrt(x); }, positives},
        ValueCase{"abs", [](auto& x) { return abs(x); }, [](double x) { return std::abs(x); }},
        ValueCase{"square", [](auto& x) { return square(x); }, [](double x) { return x * x; }},
        ValueCase{"sin", [](auto& x) { return sin(x); }, [](double x) { return std::sin(x); }},
        ValueCase{"cos", [](auto& x) { return cos(x); }, [](double x) { return std::cos(x); }},
        ValueCase{"tanh", [](auto& x) { return tanh(x); }, [](double x) { return std::tanh(x); }},
        ValueCase{"sigmoid", [](auto& x) { return sigmoid(x); }, [](double x) { return logistic(x); }},
        ValueCase{"erf", [](auto& x) { return erf(x); }, [](double x) { return std::erf(x); }},
        ValueCase{"relu", [](auto& x) { return relu(x); }, [](double x) { return x > 0 ? x : 0; }},
        ValueCase{"leaky_relu", [](auto& x) { return leaky_relu(x); }, [](double x) { return x > 0 ? x : 0.01 * x; }},
        ValueCase{"leaky_relu_of_slope_a_fifth", [](auto& x) { return leaky_relu(x, 0.2); },
                  [](double x) { return x > 0 ? x : 0.2 * x; }},
        ValueCase{"elu", [](auto& x) { return elu(x); }, [](double x) { return x > 0 ? x : std::expm1(x); }},
        ValueCase{"elu_of_alpha_two", [](auto& x) { return elu(x, 2.0); },
                  [](double x) { return x > 0 ? x : 2 * std::expm1(x); }},
        ValueCase{"gelu", [](auto& x) { return gelu(x); }, [](double x) { return x * normal_distribution(x); }},
        ValueCase{"softplus", [](auto& x) { return softplus(x); }, [](double x) { return std::log1p(std::exp(x)); }},
        ValueCase{"power_zero", [](auto& x) { return power(x, 0.0); }, [](double) { return 1.0; }},
        ValueCase{"power_one", [](auto& x) { return power(x, 1.0); }, [](double x) { return x; }},
        ValueCase{"power_two", [](auto& x) { return power(x, 2.0); }, [](double x) { return x * x; }},
        ValueCase{"power_three", [](auto& x) { return power(x, 3.0); }, [](double x) { return x * x * x; }},
        ValueCase{"power_minus_one", [](auto& x) { return power(x, -1.0); }, [](double x) { return 1 / x; }},
        ValueCase{"power_one_half", [](auto& x) { return power(x, 0.5); }, [](double x) { return std::sqrt(x); },
                  positives},
        ValueCase{"number_plus", [](auto& x) { return 3.0 + x; }, [](double x) { return 3 + x; }},
        ValueCase{"plus_number", [](auto& x) { return x + 3.0; }, [](double x) { return x + 3; }},
        ValueCase{"number_minus", [](auto& x) { return 3.0 - x; }, [](double x) { return 3 - x; }},
        ValueCase{"minus_number", [](auto& x) { return x - 3.0; }, [](double x) { return x - 3; }},
        ValueCase{"number_times", [](auto& x) { return 3.0 * x; }, [](double x) { return 3 * x; }},
        ValueCase{"times_number", [](auto& x) { return x * 3.0; }, [](double x) { return x * 3; }},
        ValueCase{"number_over", [](auto& x) { return 3.0 / x; }, [](double x) { return 3 / x; }},
        ValueCase{"over_number", [](auto& x) { return x / 4.0; }, [](double x) { return x / 4; }}),
    RowName());

// ---- Derivatives ------------------------------------------------------------------------------------------------

class ElementwiseDerivative : public testing::TestWithParam<DerivativeCase> {};

TEST_P(ElementwiseDerivative, AgreesWithFiniteDifferencesToSecondOrder) {
    expect_derivatives(GetParam().f, GetParam().inputs);
}

// No element is near a tie or a pole.
const Tensor signs = doubles({2, 3}, {-1.7, -0.6, -0.2, 0.3, 0.9, 1.4});
const Tensor positive = doubles({2, 3}, {0.3, 0.5, 0.8, 1.3, 1.9, 2.4});
const Tensor other = doubles({2, 3}, {0.9, -1.2, 0.4, -0.5, 1.6, 0.7});
const Tensor row = doubles({3}, {0.7, -1.1, 1.3});
const Tensor column = doubles({2, 1}, {-0.8, 1.2});
const Tensor flat_row = doubles({1, 3}, {0.6, -1.4, 1.1});
const Tensor single = doubles({}, {0.75});
const Tensor cube = doubles({2, 1, 3}, {0.3, -0.9, 1.7, -0.4, 0.8, -1.5});

// The four operations and their like, in every pattern of broadcasting. Divisors and bases are made positive.
std::vector<DerivativeCase> binary_cases() {
    const std::vector<std::pair<std::string, DifferentiableFunction>> operations = {
        {"add", [](const Inputs& x) { return x[0] + x[1]; }},
        {"subtract", [](const Inputs& x) { return x[0] - x[1]; }},
        {"multiply", [](const Inputs& x) { return x[0] * x[1]; }},
        {"divide", [](const Inputs& x) { return x[0] / (x[1] * x[1] + 0.5); }},
        {"power", [](const Inputs& x) { return power(x[0] * x[0] + 0.5, x[1]); }},
        {"maximum", [](const Inputs& x) { return maximum(x[0], x[1]); }},
        {"minimum", [](const Inputs& x) { return minimum(x[0], x[1]); }},
    };
    const std::vector<std::pair<std::string, std::vector<Tensor>>> patterns = {
        {"equal_shapes", {signs, other}},
        {"a_row", {signs, row}},
        {"row_a", {row, signs}},
        {"a_column", {signs, column}},
        {"column_a", {column, signs}},
        {"outer", {column, flat_row}},
        {"a_number", {signs, single}},
        {"number_a", {single, signs}},
        {"three_axes", {cube, column}},
        {"three_axes_on_the_right", {column, cube}},
        {"numbers", {single, doubles({}, {-1.3})}},
    };
    std::vector<DerivativeCase> cases;
    for (const auto& [operation, f] : operations) {
        for (const auto& [pattern, inputs] : patterns) cases.push_back({operation + "_" + pattern, f, inputs});
    }
    return cases;
}
INSTANTIATE_TEST_SUITE_P(OfTwo, ElementwiseDerivative, testing::ValuesIn(binary_cases()), RowName());

TEST(Divide, HasTheDerivativesOfAQuotientItself) {
    expect_derivatives([](const Inputs& x) { return x[0] / x[1]; }, {signs, positive}, 3);
}

TEST(Power, HasTheDerivativesOfAPowerItself) {
    expect_derivatives([](const Inputs& x) { return power(x[0], x[1]); }, {positive, other}, 3);
}

TEST(Power, OfAFixedExponentIsNotRecordedWhereItIsConstant) {
    const Variable x = signs;
    const Tape tape({x});
    EXPECT_FALSE(tape.depends(power(x, 0.0)));
}

TEST(Power, HasAFiniteDerivativeAtZero) {
    const Variable x = doubles({2}, {0, 0});
    for (const auto& [exponent, expected] : {std::pair{1.0, 1.0}, {2.0, 0.0}, {3.0, 0.0}}) {
        Tape tape({x});
        expect_tensor(tape.gradient(sum(power(x, exponent)))[0], {2}, {expected, expected});
    }
}

TEST(CompoundAssignment, MakesAnotherVariableThatTheTapeKnows) {
    const Variable x = doubles({2}, {3, 5}), a = doubles({2}, {2, 4});
    Tape tape({x});
    Variable y = x;
    y *= x;
    y += a;
    y -= 1;
    y /= 2.0;
    expect_tensor(y, {2}, {5, 14});
    expect_tensor(x, {2}, {3, 5});
    expect_tensor(tape.gradient(sum(y))[0], {2}, {3, 5});
}

// ---- Broadcasting -----------------------------------------------------------------------------------------------

// The value of f(a, b) at each index of the common shape, by the rule itself.
Tensor broadcast_by_definition(const Tensor& a, const Tensor& b, const Shape& shape,
                               const std::function<double(double, double)>& f) {
    const auto offset = [&](const Tensor& x, Index flat) {
        Index result = 0, stride = 1;
        for (Index axis = 1; axis <= std::ssize(shape); ++axis) {
            const Index position = flat % shape[shape.size() - axis];
            flat /= shape[shape.size() - axis];
            if (axis > x.rank()) continue;
            if (x.extent(-axis) != 1) result += position * stride;
            stride *= x.extent(-axis);
        }
        return result;
    };
    std::vector<double> elements;
    for (Index i = 0; i < element_count(shape); ++i) elements.push_back(f(a[offset(a, i)], b[offset(b, i)]));
    return Tensor(shape, elements, a.dtype());
}

Tensor numbered(const Shape& shape, DType dtype, double first) {
    std::vector<double> elements;
    for (Index i = 0; i < element_count(shape); ++i) elements.push_back(first + static_cast<double>(i));
    return Tensor(shape, elements, dtype);
}

TEST(Broadcasting, MeetsTheElementsThatTheRuleSays) {
    struct Pattern {
        Shape a, b, result;
    };
    const std::vector<Pattern> patterns = {
        {{2, 3}, {3}, {2, 3}},
        {{2, 1}, {1, 3}, {2, 3}},
        {{}, {2, 3}, {2, 3}},
        {{4, 1, 3}, {2, 1}, {4, 2, 3}},
        {{2, 3}, {2, 3}, {2, 3}},
        {{2, 3, 4}, {3, 1}, {2, 3, 4}},
        {{5, 1, 1}, {4}, {5, 1, 4}},
        {{2, 1, 3, 1}, {5, 1, 4}, {2, 5, 3, 4}},
        {{1}, {1, 1}, {1, 1}},
        {{2, 3, 4}, {2, 1, 4}, {2, 3, 4}},
        {{}, {}, {}},
        {{3, 1, 2}, {1, 4, 2}, {3, 4, 2}},
        {{70, 1, 40}, {30, 1}, {70, 30, 40}},
    };
    for (const DType dtype : {DType::float32, DType::float64}) {
        for (const auto& [a_shape, b_shape, shape] : patterns) {
            SCOPED_TRACE(fmt::format("{} and {} in {}", a_shape, b_shape, name(dtype)));
            const Tensor a = numbered(a_shape, dtype, 1), b = numbered(b_shape, dtype, 1000);
            const auto minus = [](double p, double q) { return p - q; };
            EXPECT_TRUE(equal(subtract(a, b).value(), broadcast_by_definition(a, b, shape, minus)));
            EXPECT_TRUE(equal(subtract(b, a).value(), broadcast_by_definition(b, a, shape, minus)));
        }
    }
}

TEST(Broadcasting, WorksOnNoElements) {
    const Variable none = Tensor::zeros({0, 3}), row_of_three = Tensor({3}, {1, 2, 3});
    Tape tape({none, row_of_three});
    const Variable y = none * row_of_three;
    EXPECT_EQ(y.shape(), (Shape{0, 3}));
    const std::vector<Variable> gradients = tape.gradient(sum(exp(y)));
    EXPECT_EQ(gradients[0].shape(), (Shape{0, 3}));
    expect_tensor(gradients[1], {3}, {0, 0, 0});
}

TEST(Broadcasting, RepeatsOneElementNoTimes) {
    const Variable one = Tensor({1}, {5}), none = Tensor::zeros({0});
    Tape tape({one});
    const Variable y = one + none;
    EXPECT_EQ(y.shape(), Shape{0});
    expect_tensor(tape.gradient(sum(y))[0], {1}, {0});
}

TEST(Broadcasting, SumsTheAdjointBackExactly) {
    const Variable a = numbered({4, 1, 3}, DType::float32, 1), b = numbered({2, 1}, DType::float32, 10);
    Tape tape({a, b});
    const std::vector<Variable> gradients = tape.gradient(sum(a * b));
    expect_tensor(gradients[0], {4, 1, 3}, std::vector<double>(12, 21));
    expect_tensor(gradients[1], {2, 1}, {78, 78});
}

TEST(Elementwise, GoesThroughLargeTensorsPieceByPiece) {
    const Index size = 3 * (1 << 15) + 17;
    const Tensor x = numbered({size}, DType::float32, 0);
    const Tensor doubled = (Variable(x) + Variable(x)).value(), negated = (-Variable(x)).value();
    for (Index i = 0; i < size; i += 13) {
        ASSERT_EQ(doubled[i], 2.0 * static_cast<double>(i));
        ASSERT_EQ(negated[i], -static_cast<double>(i));
    }
}

// ---- Refusals ---------------------------------------------------------------------------------------------------

TEST(ElementwiseRefusal, OfShapesThatDoNotBroadcastNamesOperationAndShapes) {
    const Variable a = Tensor::zeros({2, 3}), b = Tensor::zeros({4});
    const std::string fact = ": shapes do not broadcast; got [2, 3] and [4]";
    EXPECT_REFUSAL(a + b, "add" + fact);
    EXPECT_REFUSAL(a - b, "subtract" + fact);
    EXPECT_REFUSAL(a * b, "multiply" + fact);
    EXPECT_REFUSAL(a / b, "divide" + fact);
    EXPECT_REFUSAL(power(a, b), "power" + fact);
    EXPECT_REFUSAL(maximum(a, b), "maximum" + fact);
    EXPECT_REFUSAL(minimum(a, b), "minimum" + fact);
}

TEST(ElementwiseRefusal, OfDifferentElementTypesNamesOperationAndTypes) {
    const Variable a = Tensor::zeros({2}), b = doubles({2}, {1, 2});
    const std::string fact = ": operands differ in element type; got float32 and float64";
    EXPECT_REFUSAL(a + b, "add" + fact);
    EXPECT_REFUSAL(a - b, "subtract" + fact);
    EXPECT_REFUSAL(a * b, "multiply" + fact);
    EXPECT_REFUSAL(a / b, "divide" + fact);
    EXPECT_REFUSAL(power(a, b), "power" + fact);
    EXPECT_REFUSAL(maximum(a, b), "maximum" + fact);
    EXPECT_REFUSAL(minimum(a, b), "minimum" + fact);
}

}  // namespace
}  // namespace adjoint
