// A convolution with an epilogue is the composition that it stands for, in value and gradients, directly and by
// definition.
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "tests/support/random_forms.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Operation = Variable (*)(const Variable&, const Variable&, const Conv2DForm&, const Epilogue<>&);

struct Member {
    const char* name;
    Operation operation;
    Shape (Conv2DForm::*operand)() const;
    Index Conv2DForm::*channels;
};
void PrintTo(const Member& member, std::ostream* stream) { *stream << member.name; }

class EpilogueOf : public testing::TestWithParam<Member> {};

// Integers in float64: sums are exact, so that value and composition agree to the bit.
TEST_P(EpilogueOf, IsBiasThenActivationToTheBit) {
    const auto [name, operation, operand, channels] = GetParam();
    for (std::uint64_t i = 0; i < 200; ++i) {
        const WithKernels kernels(i < 20 ? ConvolutionKernels::reference : ConvolutionKernels::direct);
        const Random random = Random(7).stream(i);
        const Conv2DForm form = random_form(random);
        SCOPED_TRACE(to_string(form));
        const Variable a = random_integers((form.*operand)(), random.stream(1));
        const Variable w = random_integers(form.weight_shape(), random.stream(2));
        const Variable b = random_integers({form.*channels}, random.stream(3));
        const Variable plain = operation(a, w, form, {});
        for (const Activation f : {Activation{}, leaky_relu(0.5), relu()}) {
            EXPECT_TRUE(identical(operation(a, w, form, {.bias = b, .activation = f}).value(), f(plain + b).value()));
            EXPECT_TRUE(identical(operation(a, w, form, {.activation = f}).value(), f(plain).value()));
        }
    }
}

TEST_P(EpilogueOf, ReluIsThatOfInfinitiesAndNaNToo) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Conv2DForm pixels = Conv2DForm::of("form", {1, 2, 2, 1}, {1, 1, 1, 1}, {});
    const Variable a = doubles({1, 2, 2, 1}, {-infinity, infinity, std::nan(""), -1}), w = doubles({1, 1, 1, 1}, {1});
    const Variable zero = doubles({1}, {0});
    for (const Epilogue<>& epilogue : {Epilogue<>{.activation = relu()}, Epilogue<>{zero, relu()}}) {
        expect_equal(GetParam().operation(a, w, pixels, epilogue), relu(a));
    }
}

TEST_P(EpilogueOf, HasTheGradientsOfTheComposition) {
    const auto [name, operation, operand, channels] = GetParam();
    for (std::uint64_t i = 0; i < 50; ++i) {
        const Random random = Random(8).stream(i);
        const Conv2DForm form = random_form(random);
        SCOPED_TRACE(to_string(form));
        const std::vector<Variable> inputs = {random_integers((form.*operand)(), random.stream(1)),
                                              random_integers(form.weight_shape(), random.stream(2)),
                                              random_integers({form.*channels}, random.stream(3))};
        const auto gradients = [&](const std::function<Variable()>& f) {
            Tape tape(inputs);
            const Variable y = f();
            return tape.gradient(y, random_integers(y.shape(), random.stream(4)));
        };
        const Epilogue<> epilogue{.bias = inputs[2], .activation = leaky_relu(0.5)};
        const auto fused =
            gradients([&, operation = operation] { return operation(inputs[0], inputs[1], form, epilogue); });
        const auto composed = gradients([&, operation = operation] {
            return leaky_relu(operation(inputs[0], inputs[1], form, {}) + inputs[2], 0.5);
        });
        for (std::size_t k = 0; k < inputs.size(); ++k)
            EXPECT_TRUE(equal(fused[k].value(), composed[k].value())) << "input " << k;
    }
}

TEST_P(EpilogueOf, RefusesABiasOfAnotherSizeOrTypeAndANegativeSlope) {
    const auto [name, operation, operand, channels] = GetParam();
    const Conv2DForm form = Conv2DForm::of("conv2d", {1, 4, 4, 3}, {2, 2, 3, 3}, {});
    const Variable a = Tensor::ones((form.*operand)()), w = Tensor::ones(form.weight_shape());
    const auto error = [&, operation = operation](const Epilogue<>& epilogue) {
        return error_of([&] { operation(a, w, form, epilogue); });
    };
    EXPECT_EQ(error({.bias = Tensor::ones({2})}), std::string(name) + ": bias must be [3]; got [2]");
    EXPECT_EQ(error({.bias = doubles({3}, {0, 0, 0})}),
              std::string(name) + ": operands differ in element type; got float32 and float64");
    EXPECT_EQ(error({.activation = leaky_relu(-0.5)}),
              std::string(name) + ": the activation's slope must be at least 0; got -0.5");
}

INSTANTIATE_TEST_SUITE_P(Convolution, EpilogueOf,
                         testing::Values(Member{"conv2d", conv2d, &Conv2DForm::image_shape, &Conv2DForm::filters},
                                         Member{"conv2d_input_gradient", conv2d_input_gradient,
                                                &Conv2DForm::output_shape, &Conv2DForm::channels}),
                         [](const testing::TestParamInfo<Member>& row) { return row.param.name; });

}  // namespace
}  // namespace adjoint
