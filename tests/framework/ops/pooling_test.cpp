// Truths about pooling: documented examples, the literal definition, that unpooling is the adjoint of taking the
// maxima, derivatives, and what is refused.
#include "framework/ops/pooling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "tests/support/derivatives.h"
#include "tests/support/random_forms.h"
#include "tests/support/threads.h"
#include "tests/support/trilinear_form.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor counting(const Shape& shape) {
    std::vector<double> elements(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<double>(i + 1);
    return Tensor(shape, elements, DType::float64);
}

Tensor row(const std::vector<double>& elements) { return doubles({1, 1, std::ssize(elements), 1}, elements); }

// ---- maxima ---------------------------------------------------------------------------------------------------------

// The example in PyTorch's documentation of MaxUnpool2d.
TEST(MaxPool2D, AndMaxUnpool2DGiveTheExampleOfPyTorch) {
    const auto [y, argmax] = max_pool2d(counting({1, 4, 4, 1}));
    expect_tensor(y, {1, 2, 2, 1}, {6, 8, 14, 16});
    EXPECT_EQ(argmax.indices(), (std::vector<Index>{5, 7, 13, 15}));
    expect_tensor(max_unpool2d(y, argmax), {1, 4, 4, 1}, {0, 0, 0, 0, 0, 6, 0, 8, 0, 0, 0, 0, 0, 14, 0, 16});
}

// The examples in Keras' documentation of MaxPooling2D.
TEST(MaxPool2D, GivesTheExamplesOfKeras) {
    expect_tensor(max_pool2d(counting({1, 3, 3, 1}), {.stride = Size2D{1, 1}}).value, {1, 2, 2, 1}, {5, 6, 8, 9});
    expect_tensor(max_pool2d(counting({1, 3, 4, 1}), {.stride = Size2D{2, 2}}).value, {1, 1, 2, 1}, {6, 8});
    expect_tensor(max_pool2d(counting({1, 3, 3, 1}), {.stride = Size2D{1, 1}, .padding = Padding::same()}).value,
                  {1, 3, 3, 1}, {5, 6, 6, 8, 9, 9, 8, 9, 9});
}

TEST(MaxPool2D, NeverLetsPaddingWin) {
    const MaxPool2DOptions options{.window = {1, 2}, .stride = Size2D{1, 2}, .padding = Padding::symmetric({0, 1})};
    expect_tensor(max_pool2d(row({-5, -3, -4, -8}), options).value, {1, 1, 3, 1}, {-5, -3, -8});
    expect_tensor(max_pool2d(row({-infinity, -infinity}), options).value, {1, 1, 2, 1}, {-infinity, -infinity});
}

TEST(MaxPool2D, LetsTheFirstOfEqualOnesWin) {
    const MaxPool2DOptions options{.window = {1, 3}};
    EXPECT_EQ(max_pool2d(row({1, 7, 7, 2, 2, 2}), options).argmax.indices(), (std::vector<Index>{1, 3}));
    EXPECT_EQ(max_pool2d(row({-infinity, -infinity, -infinity}), options).argmax.indices(), std::vector<Index>{0});
}

TEST(MaxPool2D, IsNaNWhereAnyUnderTheWindowIs) {
    const Maxima maxima = max_pool2d(row({nan, 9, 9, nan, 1, 2}), {.window = {1, 2}});
    expect_tensor(maxima.value, {1, 1, 3, 1}, {nan, nan, 2});
    EXPECT_EQ(maxima.argmax.indices(), (std::vector<Index>{0, 3, 5}));
}

// The pooling that a form describes, with a filter of a group of one for each channel.
MaxPool2DOptions options_of(const Conv2DForm& form) {
    const ConvAxis &h = form.height, &w = form.width;
    return {.window = {h.kernel, w.kernel},
            .stride = Size2D{h.stride, w.stride},
            .padding = Sides{h.pad_before, w.pad_before, h.pad_after, w.pad_after},
            .dilation = {h.dilation, w.dilation}};
}

// Calls visit(output element, pixel element) for each pixel under each window: the terms of a form whose groups are
// single channels.
template <class Visit>
void for_each_tap(const Conv2DForm& form, Visit visit) {
    literal::for_each_term(form, [&](Index pixel, Index, Index output) { visit(output, pixel); });
}

constexpr const char* in_padding_alone = "a window lies in the padding alone";

// Calls test(form, x) for random forms whose windows all see the image, with x of few different numbers: many ties.
template <class Test>
void for_random_windows(Test test) {
    int seen = 0;
    for (int which = 0; which < 1000 && !testing::Test::HasFailure(); ++which) {
        const Random random = Random(2024).stream(which);
        Conv2DForm form = random_form(random.stream(0));
        form.filters = form.groups = form.channels;
        std::vector<Index> pixels(static_cast<std::size_t>(element_count(form.output_shape())), 0);
        for_each_tap(form, [&](Index output, Index) { ++pixels[output]; });
        const Tensor x = random_integers(form.image_shape(), random.stream(1));
        SCOPED_TRACE(to_string(form));
        if (std::count(pixels.begin(), pixels.end(), 0) > 0) {
            EXPECT_NE(error_of([&] { max_pool2d(x, options_of(form)); }).find(in_padding_alone), std::string::npos);
        } else {
            ++seen;
            test(form, x);
        }
    }
    EXPECT_GE(seen, 300);
}

TEST(MaxPool2D, IsItsLiteralDefinition) {
    for_random_windows([](const Conv2DForm& form, const Tensor& x) {
        std::vector<double> largest(static_cast<std::size_t>(element_count(form.output_shape())), -infinity);
        std::vector<Index> indices(largest.size());
        const Index image = x.size() / form.batch;
        for_each_tap(form, [&](Index output, Index pixel) {
            if (x[pixel] <= largest[output]) return;
            largest[output] = x[pixel];
            indices[output] = pixel % image;
        });
        const Maxima maxima = max_pool2d(x, options_of(form));
        EXPECT_TRUE(equal(maxima.value.value(), doubles(form.output_shape(), largest)));
        EXPECT_EQ(maxima.argmax.indices(), indices);
    });
}

TEST(MaxPool2D, GathersAtItsArgmax) {
    for_random_windows([](const Conv2DForm& form, const Tensor& x) {
        const Maxima maxima = max_pool2d(x, options_of(form));
        EXPECT_TRUE(equal(gather(x, maxima.argmax).value(), maxima.value.value()));
    });
}

TEST(MaxUnpool2D, IsTheAdjointOfTakingTheMaximaExactlyInIntegers) {
    for_random_windows([](const Conv2DForm& form, const Tensor& x) {
        const Maxima maxima = max_pool2d(x, options_of(form));
        const Variable y = random_integers(form.output_shape(), Random(3));
        EXPECT_EQ(sum(maxima.value * y).item(), sum(x * max_unpool2d(y, maxima.argmax)).item());
    });
}

TEST(MaxPool2D, GivesItsGradientToTheMaximaWhereWindowsOverlapToo) {
    const Variable x = row({1, 5, 2, 4, 3});
    Tape tape({x});
    const Variable y = max_pool2d(x, {.window = {1, 3}, .stride = Size2D{1, 1}}).value;
    expect_tensor(tape.gradient(y, row({1, 10, 100})).front(), {1, 1, 5, 1}, {0, 11, 0, 100, 0});
}

TEST(MaxPool2D, WorksInEitherElementTypeWithTheSameArgmax) {
    const Tensor x = Random(1).normal({2, 7, 6, 3});
    const MaxPool2DOptions options{.window = {3, 2}, .stride = Size2D{2, 1}, .padding = Padding::same()};
    const Maxima single = max_pool2d(x, options), twice = max_pool2d(x.cast(DType::float64), options);
    EXPECT_EQ(single.argmax.indices(), twice.argmax.indices());
    EXPECT_TRUE(equal(single.value.value(), twice.value.value()));
}

TEST(MaxPool2D, GivesTheSameBitsOnAnyNumberOfThreads) {
    const Variable x = Random(1).normal({5, 20, 20, 3});
    const auto with_threads = [&](int count) {
        const WithThreads threads(count);
        Tape tape({x});
        const Variable y = max_pool2d(x, {.window = {3, 3}, .stride = Size2D{1, 1}}).value;
        return tape.gradient(sum(y * y)).front().value();
    };
    EXPECT_TRUE(identical(with_threads(1), with_threads(7)));
}

// ---- means ----------------------------------------------------------------------------------------------------------

// The examples in Keras' documentation of AveragePooling2D: it does not count the padding.
TEST(AveragePool2D, GivesTheExamplesOfKeras) {
    expect_tensor(average_pool2d(counting({1, 3, 3, 1}), {.stride = Size2D{1, 1}}), {1, 2, 2, 1}, {3, 4, 6, 7});
    expect_tensor(average_pool2d(counting({1, 3, 4, 1}), {.stride = Size2D{2, 2}}), {1, 1, 2, 1}, {3.5, 5.5});
    expect_tensor(average_pool2d(counting({1, 3, 3, 1}), {.stride = Size2D{1, 1}, .padding = Padding::same()}),
                  {1, 3, 3, 1}, {3, 4, 4.5, 6, 7, 7.5, 7.5, 8.5, 9});
}

TEST(AveragePool2D, CountsThePaddingWhereAskedFor) {
    const AveragePool2DOptions options{.window = {2, 2}, .padding = Padding::symmetric({1, 1}), .count_padding = true};
    expect_tensor(average_pool2d(counting({1, 2, 2, 1}), options), {1, 2, 2, 1}, {0.25, 0.5, 0.75, 1});
}

TEST(AveragePool2D, KeepsAConstantUnlessThePaddingCounts) {
    AveragePool2DOptions options{.window = {3, 3}, .stride = Size2D{2, 2}, .padding = Padding::same()};
    expect_equal(average_pool2d(Tensor::full({2, 5, 5, 2}, 7.0), options), Tensor::full({2, 3, 3, 2}, 7.0));
    options.count_padding = true;
    EXPECT_NEAR(average_pool2d(Tensor::full({2, 5, 5, 2}, 7.0), options).value()[0], 7.0 * 4 / 9, 1e-6);
}

TEST(AveragePool2D, IsItsLiteralDefinition) {
    for_random_windows([](Conv2DForm form, const Tensor& whole) {
        form.height.dilation = form.width.dilation = 1;
        const MaxPool2DOptions o = options_of(form);
        form = Conv2DForm::of("average", whole.shape(), {o.window.height, o.window.width, 1, form.channels},
                              {.stride = *o.stride, .padding = o.padding, .groups = form.channels});
        const std::size_t size = static_cast<std::size_t>(element_count(form.output_shape()));
        std::vector<double> totals(size, 0.0), counts(size, 0.0), means(size), means_of_all(size);
        for_each_tap(form, [&](Index output, Index pixel) {
            totals[output] += whole[pixel];
            ++counts[output];
        });
        if (std::count(counts.begin(), counts.end(), 0.0) > 0) return;
        for (std::size_t i = 0; i < size; ++i) {
            means[i] = totals[i] / counts[i];
            means_of_all[i] = totals[i] / static_cast<double>(o.window.height * o.window.width);
        }
        AveragePool2DOptions options{.window = o.window, .stride = o.stride, .padding = o.padding};
        EXPECT_TRUE(equal(average_pool2d(whole, options).value(), doubles(form.output_shape(), means)));
        options.count_padding = true;
        EXPECT_TRUE(equal(average_pool2d(whole, options).value(), doubles(form.output_shape(), means_of_all)));
    });
}

TEST(GlobalAveragePool2D, IsTheMeanOfEachChannelOfEachImage) {
    const Tensor x({2, 1, 2, 2}, {1, 10, 3, 30, 5, 50, 9, 90});
    expect_tensor(global_average_pool2d(x), {2, 2}, {2, 20, 7, 70});
}

// ---- derivatives ----------------------------------------------------------------------------------------------------

// A permutation of 1, …, count, in tenths: no two are near each other.
Tensor shuffled(const Shape& shape) {
    std::vector<double> elements(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < elements.size(); ++i) {
        elements[i] = 0.1 * static_cast<double>((i * 37 + 11) % elements.size() + 1);
    }
    return Tensor(shape, elements, DType::float64);
}

TEST(Pooling, HasDerivativesToSecondOrder) {
    const Tensor x = shuffled({2, 5, 4, 2});
    const MaxPool2DOptions options{
        .window = {2, 3}, .stride = Size2D{1, 2}, .padding = Sides{1, 0, 0, 1}, .dilation = {2, 1}};
    const GatherIndices argmax = max_pool2d(x, options).argmax;
    const Tensor y = Random(1).normal(argmax.taken(), DType::float64);
    expect_derivatives([&](const Inputs& in) { return max_pool2d(in[0], options).value; }, {x});
    expect_derivatives([&](const Inputs& in) { return max_unpool2d(in[0], argmax); }, {y});
    for (const bool count_padding : {false, true}) {
        expect_derivatives(
            [=](const Inputs& in) {
                return average_pool2d(in[0], {.window = {3, 2},
                                              .stride = Size2D{2, 1},
                                              .padding = Padding::same(),
                                              .count_padding = count_padding});
            },
            {x});
    }
    expect_derivatives([](const Inputs& in) { return global_average_pool2d(in[0]); }, {x});
}

// ---- refusals -------------------------------------------------------------------------------------------------------

TEST(PoolingRefusal, OfWhatIsNoBatchOfImages) {
    EXPECT_REFUSAL(max_pool2d(Tensor::zeros({4, 4})), "max_pool2d: input must be [N, H, W, C]; got [4, 4]");
    EXPECT_REFUSAL(average_pool2d(Tensor::zeros({4})), "average_pool2d: input must be [N, H, W, C]; got [4]");
    EXPECT_REFUSAL(global_average_pool2d(Tensor::zeros({4})),
                   "global_average_pool2d: input must be [N, H, W, C]; got [4]");
}

TEST(PoolingRefusal, OfWindowsThatDoNotFit) {
    const Tensor x = Tensor::zeros({1, 4, 4, 1});
    EXPECT_REFUSAL(max_pool2d(x, {.window = {0, 2}}), "max_pool2d: the window must be at least 1,1; got 0,2");
    EXPECT_REFUSAL(average_pool2d(x, {.window = {2, 5}}),
                   "average_pool2d: the filter's width of 5 exceeds the padded image's 4; got input width 4, kernel 5, "
                   "dilation 1, padding 0 and 0");
}

TEST(PoolingRefusal, OfAWindowThatLiesInThePaddingAlone) {
    const Tensor x = Tensor::zeros({1, 4, 4, 1});
    EXPECT_REFUSAL(
        max_pool2d(x, {.padding = Sides{.top = 2}}),
        "max_pool2d: a window lies in the padding alone; got input [1, 4, 4, 1], window 2,2, stride 2,2, dilation "
        "1,1, padding 2,0 before and 0,0 after");
}

TEST(MaxUnpool2DRefusal, OfAnArgmaxForAnotherShape) {
    const GatherIndices argmax = max_pool2d(Tensor::zeros({1, 4, 4, 1})).argmax;
    EXPECT_REFUSAL(max_unpool2d(Tensor::zeros({1, 4, 1, 1}), argmax),
                   "max_unpool2d: the argmax is for [1, 2, 2, 1]; got [1, 4, 1, 1]");
}

}  // namespace
}  // namespace adjoint
