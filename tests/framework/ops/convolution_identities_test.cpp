// Identities between the three convolution operations. They are the partial derivatives of one form T, so each is
// linear in both operands, the adjoint of the other two, and differentiates into them:
//   T(x, w, y) = ⟨conv2d(x, w), y⟩ = ⟨x, conv2d_input_gradient(y, w)⟩ = ⟨w, conv2d_weight_gradient(x, y)⟩.
#include <gtest/gtest.h>

#include "framework/analysis/gradient_check.h"
#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"

namespace adjoint {
namespace {

constexpr int random_forms = 4000;

double inner(const Variable& a, const Variable& b) {
    const std::vector<double> p = a.value().to_vector(), q = b.value().to_vector();
    double total = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) total += p[i] * q[i];
    return total;
}

// Operands for a form: x of the image's shape, w of the weight's, y of the output's.
struct Operands {
    Tensor x, w, y;
};

Operands integer_operands(const Conv2DForm& form, const Random& random, DType dtype) {
    return {random_integers(form.image_shape(), random.stream(1), dtype),
            random_integers(form.weight_shape(), random.stream(2), dtype),
            random_integers(form.output_shape(), random.stream(3), dtype)};
}

// Calls test(form, random) for the random forms, each with its own stream, until one has failed.
template <class Test>
void for_random_forms(Test test) {
    for (int which = 0; which < random_forms && !testing::Test::HasFailure(); ++which) {
        const Random random = Random(2024).stream(which);
        const Conv2DForm form = random_form(random.stream(0));
        SCOPED_TRACE(to_string(form));
        test(form, random);
    }
}

// ---- adjoints of one another, exactly: sums of whole numbers are ----

double input_gradient_form(const Operands& at, const Conv2DForm& form) {
    return inner(at.x, conv2d_input_gradient(at.y, at.w, form));
}

double weight_gradient_form(const Operands& at, const Conv2DForm& form) {
    return inner(at.w, conv2d_weight_gradient(at.x, at.y, form));
}

void expect_adjoint(double (*trilinear_form)(const Operands&, const Conv2DForm&)) {
    for_random_forms([&](const Conv2DForm& form, const Random& random) {
        for (const DType dtype : {DType::float32, DType::float64}) {
            const Operands at = integer_operands(form, random, dtype);
            EXPECT_EQ(trilinear_form(at, form), inner(conv2d(at.x, at.w, form), at.y)) << name(dtype);
        }
    });
}

TEST(Conv2DInputGradient, IsTheAdjointOfConv2D) { expect_adjoint(input_gradient_form); }
TEST(Conv2DWeightGradient, IsTheAdjointOfConv2D) { expect_adjoint(weight_gradient_form); }

TEST(RandomForms, AreOfEveryKind) {
    int crops = 0, uneven = 0, strided = 0, gaps = 0, dilated = 0, grouped = 0, depthwise = 0, pixelwise = 0, alone = 0;
    for_random_forms([&](const Conv2DForm& form, const Random&) {
        const ConvAxis &height = form.height, &width = form.width;
        crops += height.pad_before < 0 || height.pad_after < 0 || width.pad_before < 0 || width.pad_after < 0;
        uneven += height.pad_before != height.pad_after && width.pad_before != width.pad_after;
        strided += height.stride > 1 && height.kernel > height.stride;
        gaps += height.stride > height.span() && width.stride > width.span();
        dilated += height.dilation > 1 && height.kernel > 1;
        grouped += form.groups > 1 && form.group_channels() > 1;
        depthwise += form.groups > 1 && form.group_channels() == 1;
        pixelwise += height.kernel == 1 && height.stride == 2;
        alone += form.groups == 1 && form.channels == 1;
    });
    for (const int count : {crops, uneven, strided, gaps, dilated, grouped, depthwise, pixelwise, alone}) {
        EXPECT_GE(count, 100);
    }
}

// ---- linear in each operand ----

using Operation = Variable (*)(const Variable& a, const Variable& b, const Conv2DForm& form);

// One of the three operations and the shapes of its operands.
struct Member {
    Operation apply;
    Shape (Conv2DForm::*first)() const;
    Shape (Conv2DForm::*second)() const;

    std::vector<Tensor> operands(const Conv2DForm& form, const Random& random) const {
        return {random_integers((form.*first)(), random.stream(1)),
                random_integers((form.*second)(), random.stream(2))};
    }
};

constexpr auto plain_conv2d = [](const Variable& x, const Variable& w, const Conv2DForm& form) {
    return conv2d(x, w, form);
};
constexpr auto plain_input_gradient = [](const Variable& y, const Variable& w, const Conv2DForm& form) {
    return conv2d_input_gradient(y, w, form);
};

const Member convolution{plain_conv2d, &Conv2DForm::image_shape, &Conv2DForm::weight_shape};
const Member input_gradient{plain_input_gradient, &Conv2DForm::output_shape, &Conv2DForm::weight_shape};
const Member weight_gradient{conv2d_weight_gradient, &Conv2DForm::image_shape, &Conv2DForm::output_shape};

// Forms small enough to move every element, each with a difficulty of its own.
std::vector<Conv2DForm> difficult_forms() {
    const auto form = [](const Shape& image, const Shape& weight, const Conv2DOptions& options) {
        return Conv2DForm::of("difficult_forms", image, weight, options);
    };
    return {
        form({2, 4, 5, 3}, {3, 2, 3, 2}, {}),
        form({1, 5, 4, 2}, {4, 3, 2, 3}, {.stride = {2, 3}, .padding = Padding::same()}),
        form({1, 3, 2, 2}, {2, 3, 2, 2}, {.padding = Padding::full()}),
        form({1, 6, 5, 1}, {2, 3, 1, 2}, {.padding = Sides{0, 1, 2, 0}, .dilation = {3, 2}}),
        form({2, 4, 3, 6}, {2, 2, 3, 4}, {.padding = Padding::same(), .groups = 2}),
        form({1, 4, 4, 3}, {3, 2, 1, 6}, {.stride = {1, 2}, .padding = Padding::same(), .groups = 3}),
        form({1, 6, 5, 2}, {2, 2, 2, 1}, {.padding = Sides{-1, 1, 0, -2}}),
        form({3, 4, 5, 2}, {1, 1, 2, 3}, {.stride = {2, 2}}),
        form({1, 7, 6, 1}, {2, 1, 1, 1}, {.stride = {3, 4}, .padding = Sides{1, 0, 1, 2}, .dilation = {2, 1}}),
    };
}

// operation(2·a − 3·a′, b) = 2·operation(a, b) − 3·operation(a′, b), and so for b.
void expect_linear(const Member& member) {
    for (const Conv2DForm& form : difficult_forms()) {
        SCOPED_TRACE(to_string(form));
        const std::vector<Tensor> p = member.operands(form, Random(8)), q = member.operands(form, Random(9));
        const auto mix = [](const Variable& a, const Variable& b) { return (2.0 * a - 3.0 * b).value(); };
        EXPECT_TRUE(equal(member.apply(mix(p[0], q[0]), p[1], form).value(),
                          mix(member.apply(p[0], p[1], form), member.apply(q[0], p[1], form))));
        EXPECT_TRUE(equal(member.apply(p[0], mix(p[1], q[1]), form).value(),
                          mix(member.apply(p[0], p[1], form), member.apply(p[0], q[1], form))));
    }
}

TEST(Conv2D, IsLinearInEachOperand) { expect_linear(convolution); }
TEST(Conv2DInputGradient, IsLinearInEachOperand) { expect_linear(input_gradient); }
TEST(Conv2DWeightGradient, IsLinearInEachOperand) { expect_linear(weight_gradient); }

// ---- derivatives of every order ----

// In whole numbers, in which slopes of what is linear are exact.
void expect_derivatives(const Member& member, const Conv2DForm& form, int order) {
    SCOPED_TRACE(to_string(form));
    const GradientCheckReport report =
        gradient_check([&](const std::vector<Variable>& at) { return member.apply(at[0], at[1], form); },
                       member.operands(form, Random(11)), {.order = order, .exact = true});
    EXPECT_TRUE(report.passed()) << report.text();
}

void expect_first_and_second_derivative(const Member& member) {
    for (const Conv2DForm& form : difficult_forms()) expect_derivatives(member, form, 2);
}

TEST(Conv2D, HasItsFirstAndSecondDerivative) { expect_first_and_second_derivative(convolution); }
TEST(Conv2DInputGradient, HasItsFirstAndSecondDerivative) { expect_first_and_second_derivative(input_gradient); }
TEST(Conv2DWeightGradient, HasItsFirstAndSecondDerivative) { expect_first_and_second_derivative(weight_gradient); }

TEST(ConvolutionFamily, HasDerivativesOfTheThirdAndFourthOrder) {
    const Conv2DForm form = Conv2DForm::of("form", {1, 3, 2, 1}, {2, 2, 1, 1}, {.padding = Padding::same()});
    for (const Member& member : {convolution, input_gradient, weight_gradient}) expect_derivatives(member, form, 4);
}

}  // namespace
}  // namespace adjoint
