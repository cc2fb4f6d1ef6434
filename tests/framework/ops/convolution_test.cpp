// The three convolution operations compute what the trilinear form says: by their definition, element for element what
// its seven loops do; directly, what they do by definition, on small forms of every kind and on forms of many tiles, to
// the same bits on any number of threads. They refuse tensors that are not the form's.
#include "framework/ops/convolution.h"

#include <gtest/gtest.h>

#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"
#include "tests/support/threads.h"
#include "tests/support/trilinear_form.h"

namespace adjoint {
namespace {

struct Operands {
    Tensor x, w, y;
};

// In whole numbers, of which sums are exact in either element type and in any order.
Operands integers(const Conv2DForm& form, const Random& random, DType dtype = DType::float32) {
    return {.x = random_integers(form.image_shape(), random.stream(1), dtype),
            .w = random_integers(form.weight_shape(), random.stream(2), dtype),
            .y = random_integers(form.output_shape(), random.stream(3), dtype)};
}

// One of the three, as an operation and as the seven loops.
struct Member {
    const char* name;
    Tensor (*value)(const Conv2DForm&, const Operands&);
    Tensor (*loops)(const Conv2DForm&, const Operands&);

    Tensor by_definition(const Conv2DForm& form, const Operands& at) const {
        const WithKernels kernels(ConvolutionKernels::reference);
        return value(form, at);
    }
};
void PrintTo(const Member& member, std::ostream* stream) { *stream << member.name; }

const Member members[] = {
    {"conv2d", [](const Conv2DForm& form, const Operands& at) { return conv2d(at.x, at.w, form).value(); },
     [](const Conv2DForm& form, const Operands& at) { return literal::conv2d(at.x, at.w, form); }},
    {"conv2d_input_gradient",
     [](const Conv2DForm& form, const Operands& at) { return conv2d_input_gradient(at.y, at.w, form).value(); },
     [](const Conv2DForm& form, const Operands& at) { return literal::conv2d_input_gradient(at.y, at.w, form); }},
    {"conv2d_weight_gradient",
     [](const Conv2DForm& form, const Operands& at) { return conv2d_weight_gradient(at.x, at.y, form).value(); },
     [](const Conv2DForm& form, const Operands& at) { return literal::conv2d_weight_gradient(at.x, at.y, form); }}};

class Convolution : public testing::TestWithParam<Member> {};

INSTANTIATE_TEST_SUITE_P(Family, Convolution, testing::ValuesIn(members),
                         [](const testing::TestParamInfo<Member>& row) { return row.param.name; });

void for_random_forms(int count, const std::function<void(const Conv2DForm&, const Operands&)>& expect) {
    for (int which = 0; which < count && !testing::Test::HasFailure(); ++which) {
        const Random random = Random(64).stream(which);
        const Conv2DForm form = random_form(random.stream(0));
        SCOPED_TRACE(to_string(form));
        for (const DType dtype : {DType::float32, DType::float64}) expect(form, integers(form, random, dtype));
    }
}

TEST_P(Convolution, IsByDefinitionTheSevenLoops) {
    for_random_forms(300, [](const Conv2DForm& form, const Operands& at) {
        EXPECT_TRUE(equal(GetParam().by_definition(form, at), GetParam().loops(form, at)));
    });
}

TEST_P(Convolution, IsDirectlyItsDefinition) {
    for_random_forms(2000, [](const Conv2DForm& form, const Operands& at) {
        EXPECT_TRUE(equal(GetParam().value(form, at), GetParam().by_definition(form, at)));
    });
}

Conv2DForm form(const Shape& image, const Shape& weight, const Conv2DOptions& options = {}) {
    return Conv2DForm::of("form", image, weight, options);
}

// Forms that are cut into many tiles: in one image, in a few, and with several images a tile; batches below and above
// the eight blocks of a sum, and no multiple of them; wide, narrow, grouped and of single pixels; of many channels.
std::vector<Conv2DForm> large_forms() {
    const Padding same = Padding::same();
    return {
        form({1, 61, 47, 3}, {3, 3, 3, 5}, {.padding = same}),
        form({1, 70, 66, 1}, {5, 5, 1, 7}, {.stride = {2, 2}, .padding = same}),
        form({3, 29, 31, 33}, {3, 2, 33, 1}, {.padding = Padding::full()}),
        form({5, 17, 19, 24}, {4, 4, 24, 6}, {.stride = {2, 2}, .padding = same}),
        form({7, 20, 20, 65}, {3, 3, 65, 2}, {.padding = same}),
        form({13, 14, 15, 17}, {3, 3, 17, 19}, {.padding = Sides{-1, 2, 1, -2}, .dilation = {2, 1}}),
        form({35, 8, 8, 6}, {5, 4, 6, 5}, {.stride = {2, 2}, .padding = same}),
        form({50, 4, 3, 5}, {4, 3, 5, 9}),
        form({19, 9, 7, 48}, {3, 3, 1, 48}, {.padding = same, .groups = 48}),
        form({21, 12, 10, 12}, {3, 2, 4, 9}, {.stride = {1, 2}, .padding = same, .groups = 3}),
        form({18, 16, 13, 11}, {1, 1, 11, 23}),
        form({9, 24, 17, 8}, {1, 1, 4, 6}, {.groups = 2}),
        form({23, 13, 12, 10}, {1, 1, 10, 7}, {.stride = {2, 2}}),
        form({9, 5, 4, 130}, {2, 3, 130, 129}),
        form({5, 4, 5, 260}, {2, 2, 130, 258}, {.stride = {1, 2}, .padding = same, .groups = 2}),
    };
}

// Filters of one tap, for which the patches are the pixels themselves; but not where the filters skip, miss or pass
// them.
std::vector<Conv2DForm> one_tap_forms() {
    const auto one_tap = [](const Conv2DOptions& options) { return form({3, 3, 4, 2}, {1, 1, 2, 3}, options); };
    return {
        one_tap({}),
        one_tap({.stride = {2, 1}}),
        one_tap({.stride = {1, 2}}),
        one_tap({.stride = {2, 2}, .padding = Sides{.bottom = 2, .right = 3}}),
        one_tap({.padding = Sides{.top = 1, .bottom = -1}}),
        one_tap({.padding = Sides{.left = -1, .right = 1}}),
        one_tap({.padding = Sides{.bottom = 1}}),
        one_tap({.padding = Sides{.right = -1}}),
        one_tap({.dilation = {3, 2}}),
        form({3, 3, 4, 6}, {1, 1, 3, 4}, {.groups = 2}),
        form({3, 3, 4, 2}, {1, 2, 2, 3}),
        form({3, 3, 4, 2}, {2, 1, 2, 3}, {.padding = Padding::same()}),
    };
}

void expect_definition(const Member& member, const std::vector<Conv2DForm>& forms) {
    for (const Conv2DForm& form : forms) {
        SCOPED_TRACE(to_string(form));
        const Operands at = integers(form, Random(65));
        EXPECT_TRUE(equal(member.value(form, at), member.by_definition(form, at)));
    }
}

TEST_P(Convolution, IsDirectlyItsDefinitionInManyTiles) { expect_definition(GetParam(), large_forms()); }
TEST_P(Convolution, IsDirectlyItsDefinitionForOneTap) { expect_definition(GetParam(), one_tap_forms()); }

TEST(ConvolutionFamily, TurnsAnEmptyBatchIntoNoImagesAndAZeroGradient) {
    for (const Index kernel : {1, 3}) {
        const Conv2DForm empty = form({0, 5, 6, 2}, {kernel, kernel, 2, 3});
        const Operands at = integers(empty, Random(1));
        EXPECT_EQ(conv2d(at.x, at.w, empty).shape(), empty.output_shape());
        EXPECT_EQ(conv2d_input_gradient(at.y, at.w, empty).shape(), empty.image_shape());
        EXPECT_TRUE(equal(conv2d_weight_gradient(at.x, at.y, empty).value(), Tensor::zeros(empty.weight_shape())));
    }
}

TEST_P(Convolution, HasTheSameBitsOnAnyNumberOfThreads) {
    for (const ConvolutionKernels chosen : {ConvolutionKernels::direct, ConvolutionKernels::reference}) {
        const WithKernels kernels(chosen);
        for (const Conv2DForm& large : large_forms()) {
            SCOPED_TRACE(to_string(large));
            const Random random(3);
            const Operands at{.x = random.stream(1).normal(large.image_shape()),
                              .w = random.stream(2).normal(large.weight_shape()),
                              .y = random.stream(3).normal(large.output_shape())};
            const auto on_threads = [&](int count) {
                const WithThreads threads(count);
                return GetParam().value(large, at);
            };
            const Tensor alone = on_threads(1);
            for (const int count : {2, 3, 8}) EXPECT_TRUE(identical(on_threads(count), alone)) << count << " threads";
        }
    }
}

TEST(ConvolutionKernels, HaveTheNamesThatTheEnvironmentSays) {
    for (const char* each : {"direct", "reference"}) EXPECT_STREQ(name(convolution_kernels(each)), each);
    EXPECT_REFUSAL(convolution_kernels("fast"), "convolution: must be direct or reference; got fast");
}

// ---- operands that are not the form's ----

class OperandErrors : public testing::Test {
  protected:
    const Conv2DForm small = form({2, 5, 6, 4}, {3, 2, 2, 6}, {.groups = 2});
    const Tensor x = Tensor::ones({2, 5, 6, 4}), w = Tensor::ones({3, 2, 2, 6}), y = Tensor::ones({2, 3, 5, 6});
};

TEST_F(OperandErrors, OfConv2DNameTheShapeThatTheFormExpects) {
    EXPECT_REFUSAL(conv2d(y, w, small), "conv2d: the form expects input [2, 5, 6, 4]; got [2, 3, 5, 6]");
    EXPECT_REFUSAL(conv2d(x, y, small), "conv2d: the form expects weight [3, 2, 2, 6]; got [2, 3, 5, 6]");
}

TEST_F(OperandErrors, OfConv2DInputGradientNameTheShapeThatTheFormExpects) {
    EXPECT_REFUSAL(conv2d_input_gradient(x, w, small),
                   "conv2d_input_gradient: the form expects output gradient [2, 3, 5, 6]; got [2, 5, 6, 4]");
    EXPECT_REFUSAL(conv2d_input_gradient(y, x, small),
                   "conv2d_input_gradient: the form expects weight [3, 2, 2, 6]; got [2, 5, 6, 4]");
}

TEST_F(OperandErrors, OfConv2DWeightGradientNameTheShapeThatTheFormExpects) {
    EXPECT_REFUSAL(conv2d_weight_gradient(w, y, small),
                   "conv2d_weight_gradient: the form expects input [2, 5, 6, 4]; got [3, 2, 2, 6]");
    EXPECT_REFUSAL(conv2d_weight_gradient(x, w, small),
                   "conv2d_weight_gradient: the form expects output gradient [2, 3, 5, 6]; got [3, 2, 2, 6]");
}

TEST_F(OperandErrors, NameTheOperationThatWasCalled) {
    EXPECT_REFUSAL(conv2d(x, w),
                   "conv2d: input has 4 channels, weight expects 2; got input [2, 5, 6, 4], weight [3, 2, 2, 6]");
    EXPECT_REFUSAL(
        conv2d_transpose(x, w),
        "conv2d_transpose: input has 4 channels, weight [K, L, C_out, C_in] expects 6; got input [2, 5, 6, 4], "
        "weight [3, 2, 2, 6]");
}

TEST_F(OperandErrors, NameTheOperationWhoseElementTypesDiffer) {
    const auto mixed = [](const std::string& operation) {
        return operation + ": operands differ in element type; got float32 and float64";
    };
    const auto wide = [](const Tensor& a) { return a.cast(DType::float64); };
    EXPECT_REFUSAL(conv2d(x, wide(w), small), mixed("conv2d"));
    EXPECT_REFUSAL(conv2d_input_gradient(y, wide(w), small), mixed("conv2d_input_gradient"));
    EXPECT_REFUSAL(conv2d_weight_gradient(x, wide(y), small), mixed("conv2d_weight_gradient"));
}

}  // namespace
}  // namespace adjoint
