// Truths about the sizes that fit together in a convolution: those that TensorFlow, PyTorch and Keras give, each by its
// own documented formula; and for a transposed convolution every size that is possible, and no other.
#include "framework/convolution/conv2d_form.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <optional>

#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"

namespace adjoint {
namespace {

// ---- of a convolution ----

// The image and the filters of two axes, with batch 2 and channels 3 to 4.
Shape image_of(Index height, Index width) { return {2, height, width, 3}; }
Shape output_of(Index height, Index width) { return {2, height, width, 4}; }
Shape weight_of(Index height, Index width) { return {height, width, 3, 4}; }

Conv2DForm form(Size2D image, Size2D kernel, const Conv2DOptions& options) {
    return Conv2DForm::of("conv2d", image_of(image.height, image.width), weight_of(kernel.height, kernel.width),
                          options);
}

// The zeros that TensorFlow's documentation of SAME promises.
Index tensorflow_same_zeros(Index image, Index kernel, Index stride) {
    return std::max<Index>(0, image % stride == 0 ? kernel - stride : kernel - image % stride);
}

void expect_tensorflow_same(const ConvAxis& axis) {
    const Index zeros = tensorflow_same_zeros(axis.image, axis.kernel, axis.stride);
    EXPECT_EQ(axis.output, axis.image / axis.stride + (axis.image % axis.stride != 0));
    EXPECT_EQ(axis.pad_before, zeros / 2);
    EXPECT_EQ(axis.pad_after, zeros - zeros / 2);
}

TEST(SamePadding, GivesTheSizesAndSidesOfTensorFlow) {
    for (Index kernel = 1; kernel <= 7; ++kernel)
        for (Index stride = 1; stride <= 5; ++stride)
            for (Index image = 1; image <= 20; ++image) {
                const Conv2DForm same = form({image, 21 - image}, {kernel, 8 - kernel},
                                             {.stride = {stride, 6 - stride}, .padding = Padding::same()});
                SCOPED_TRACE(to_string(same));
                expect_tensorflow_same(same.height);
                expect_tensorflow_same(same.width);
            }
}

TEST(SamePadding, CountsTheSpanOfADilatedFilter) {
    const Conv2DForm same = form({9, 10}, {3, 2}, {.stride = {2, 3}, .padding = Padding::same(), .dilation = {3, 4}});
    const Conv2DForm dense = form({9, 10}, {7, 5}, {.stride = {2, 3}, .padding = Padding::same()});
    EXPECT_EQ(same.height.pad_before, dense.height.pad_before);
    EXPECT_EQ(same.height.pad_after, dense.height.pad_after);
    EXPECT_EQ(same.width.pad_before, dense.width.pad_before);
    EXPECT_EQ(same.width.pad_after, dense.width.pad_after);
    EXPECT_EQ(same.output_shape(), dense.output_shape());
}

TEST(ValidPadding, LetsFiltersLieInsideTheImageOnly) {
    const Conv2DForm valid = form({10, 9}, {3, 2}, {.stride = {2, 3}, .dilation = {2, 5}});
    EXPECT_EQ(to_string(valid),
              "batch 2, 3 channels to 4 filters in 1 groups; "
              "height: image 10 kernel 3 stride 2 dilation 2 padding 0 and 0 output 3; "
              "width: image 9 kernel 2 stride 3 dilation 5 padding 0 and 0 output 2");
}

TEST(FullPadding, LetsFiltersLieWhereverTheyTouchTheImage) {
    const Conv2DForm full = form({4, 1}, {3, 2}, {.padding = Padding::full(), .dilation = {1, 3}});
    EXPECT_EQ(to_string(full),
              "batch 2, 3 channels to 4 filters in 1 groups; "
              "height: image 4 kernel 3 stride 1 dilation 1 padding 2 and 2 output 6; "
              "width: image 1 kernel 2 stride 1 dilation 3 padding 3 and 3 output 4");
}

TEST(SymmetricPadding, GivesTheSizesOfPyTorch) {
    int cases = 0;
    for (Index kernel = 1; kernel <= 4; ++kernel)
        for (Index stride = 1; stride <= 4; ++stride)
            for (Index dilation = 1; dilation <= 3; ++dilation)
                for (Index padding = 0; padding <= 3; ++padding)
                    for (Index image = dilation * (kernel - 1) + 1; image <= 14; ++image, ++cases) {
                        const Conv2DForm padded = form({image, 14}, {kernel, 5 - kernel},
                                                       {.stride = {stride, 5 - stride},
                                                        .padding = Padding::symmetric({padding, 3 - padding}),
                                                        .dilation = {dilation, 4 - dilation}});
                        SCOPED_TRACE(to_string(padded));
                        const auto pytorch = [](Index size, Index p, Index d, Index k, Index s) {
                            return (size + 2 * p - d * (k - 1) - 1) / s + 1;
                        };
                        EXPECT_EQ(padded.height.output, pytorch(image, padding, dilation, kernel, stride));
                        EXPECT_EQ(padded.width.output, pytorch(14, 3 - padding, 4 - dilation, 5 - kernel, 5 - stride));
                    }
    EXPECT_GT(cases, 1500);
}

TEST(PaddingBySides, GoesToTheSideThatItNames) {
    const Conv2DForm sides = form({8, 8}, {2, 2}, {.padding = Sides{.top = 1, .left = 2, .bottom = 4, .right = -3}});
    EXPECT_EQ(to_string(sides),
              "batch 2, 3 channels to 4 filters in 1 groups; "
              "height: image 8 kernel 2 stride 1 dilation 1 padding 1 and 4 output 12; "
              "width: image 8 kernel 2 stride 1 dilation 1 padding 2 and -3 output 6");
}

TEST(Conv2DForm, KnowsTheShapesOfItsTensors) {
    const Conv2DForm grouped = Conv2DForm::of("conv2d", {2, 9, 8, 6}, {3, 2, 2, 12}, {.stride = {2, 1}, .groups = 3});
    EXPECT_EQ(grouped.image_shape(), (Shape{2, 9, 8, 6}));
    EXPECT_EQ(grouped.weight_shape(), (Shape{3, 2, 2, 12}));
    EXPECT_EQ(grouped.output_shape(), (Shape{2, 4, 7, 12}));
    EXPECT_EQ(grouped.group_channels(), 2);
    EXPECT_EQ(grouped.group_filters(), 4);
    EXPECT_EQ(grouped.rows(), 2 * 4 * 7);
    EXPECT_EQ(grouped.columns(), 3 * 2 * 2);
}

// ---- of a transposed convolution ----

Conv2DForm transposed(Size2D output, Size2D kernel, const Conv2DTransposeOptions& options) {
    return transposed_form(output_of(output.height, output.width), weight_of(kernel.height, kernel.width), options);
}

// The form of a convolution on this image, or none where the filter does not fit.
std::optional<Conv2DForm> fitting_form(Size2D image, Size2D kernel, const Conv2DOptions& options) {
    try {
        return form(image, kernel, options);
    } catch (const Error&) {
        return std::nullopt;
    }
}

// What the transposed convolution makes of a size asked for by name: its form, or how it refuses.
std::string form_or_refusal(Size2D image, Size2D output, Size2D kernel, const Conv2DOptions& options) {
    std::string result;
    const std::string refusal = error_of([&] {
        result = to_string(transposed(output, kernel,
                                      {.stride = options.stride,
                                       .padding = options.padding,
                                       .dilation = options.dilation,
                                       .output_size = image}));
    });
    return result.empty() ? refusal : result;
}

// Asks for every size up to 16: those that the convolution maps to `output` are given, the others refused.
void expect_exactly_the_possible_sizes(Size2D output, Size2D kernel, const Conv2DOptions& options) {
    for (Index height = 1; height <= 16; ++height)
        for (Index width = 1; width <= 16; ++width) {
            const std::string answer = form_or_refusal({height, width}, output, kernel, options);
            const std::optional<Conv2DForm> convolution = fitting_form({height, width}, kernel, options);
            if (convolution && convolution->output_shape() == output_of(output.height, output.width)) {
                EXPECT_EQ(answer, to_string(*convolution));
            } else {
                EXPECT_NE(answer.find("is not possible"), std::string::npos) << answer;
            }
        }
}

TEST(TransposedForm, HasEverySizeThatItsConvolutionMapsToItsInputAndNoOther) {
    for (const Padding& padding :
         {Padding::valid(), Padding::same(), Padding::full(), Padding(Sides{1, 0, 2, 3}), Padding(Sides{-1, 1, 0, -2})})
        for (Index kernel = 1; kernel <= 3; ++kernel)
            for (Index stride = 1; stride <= 3; ++stride)
                for (Index dilation = 1; dilation <= 2; ++dilation)
                    for (Index output = 1; output <= 3; ++output) {
                        expect_exactly_the_possible_sizes(
                            {output, 4 - output}, {kernel, 4 - kernel},
                            {.stride = {stride, 4 - stride}, .padding = padding, .dilation = {dilation, 3 - dilation}});
                    }
}

TEST(TransposedForm, IsTheSmallestByDefault) {
    const auto image = [](const Conv2DTransposeOptions& options) {
        return transposed({4, 5}, {3, 2}, options).image_shape();
    };
    // (H′ − 1)·s + span − before − after
    EXPECT_EQ(image({}), image_of(3 + 3, 4 + 2));
    EXPECT_EQ(image({.stride = {2, 3}}), image_of(6 + 3, 12 + 2));
    EXPECT_EQ(image({.stride = {2, 3}, .dilation = {2, 4}}), image_of(6 + 5, 12 + 5));
    EXPECT_EQ(image({.stride = {2, 3}, .padding = Padding::full()}), image_of(6 + 3 - 4, 12 + 2 - 2));
    EXPECT_EQ(image({.stride = {2, 3}, .padding = Sides{1, 0, 2, -4}}), image_of(6 + 3 - 3, 12 + 2 + 4));
}

TEST(TransposedForm, IsStrideTimesTheInputBySamePadding) {
    for (Index kernel = 1; kernel <= 7; ++kernel)
        for (Index stride = 1; stride <= 5; ++stride) {
            const Conv2DForm same =
                transposed({3, 4}, {kernel, 8 - kernel}, {.stride = {stride, 6 - stride}, .padding = Padding::same()});
            EXPECT_EQ(same.image_shape(), image_of(3 * stride, 4 * (6 - stride)));
            EXPECT_EQ(same.output_shape(), output_of(3, 4));
        }
}

TEST(TransposedForm, TakesItsChannelsFromTheFiltersOfAllGroups) {
    const Conv2DForm grouped = transposed_form({2, 4, 5, 6}, {3, 3, 2, 6}, {.groups = 3});
    EXPECT_EQ(grouped.image_shape(), (Shape{2, 6, 7, 6}));
    EXPECT_EQ(grouped.weight_shape(), (Shape{3, 3, 2, 6}));
    EXPECT_EQ(grouped.groups, 3);
}

// ---- output padding ----

TEST(OutputPadding, GivesTheSizesOfPyTorch) {
    for (Index kernel = 1; kernel <= 4; ++kernel)
        for (Index stride = 1; stride <= 3; ++stride)
            for (Index dilation = 1; dilation <= 3; ++dilation)
                for (Index more = 0; more < std::max(stride, dilation); ++more) {
                    const Size2D taps{kernel, 5 - kernel}, step{stride, 4 - stride}, gap{dilation, 4 - dilation};
                    const Index more_width = std::max(step.width, gap.width) - 1;
                    const Conv2DForm padded = transposed({5, 6}, taps,
                                                         {.stride = step,
                                                          .padding = Padding::symmetric({1, 2}),
                                                          .dilation = gap,
                                                          .output_padding = Size2D{more, more_width}});
                    SCOPED_TRACE(to_string(padded));
                    EXPECT_EQ(padded.height.image, 4 * stride - 2 * 1 + dilation * (kernel - 1) + more + 1);
                    EXPECT_EQ(padded.width.image,
                              5 * step.width - 2 * 2 + gap.width * (taps.width - 1) + more_width + 1);
                    EXPECT_EQ(padded.output_shape(), output_of(5, 6));
                    EXPECT_EQ(padded.height.pad_before, 1);
                    EXPECT_EQ(padded.width.pad_before, 2);
                }
}

TEST(OutputPadding, BeyondTheStrideAddsRowsThatNoFilterReaches) {
    const Conv2DForm padded = transposed({3, 3}, {2, 2}, {.dilation = {3, 4}, .output_padding = Size2D{2, 3}});
    EXPECT_EQ(padded.image_shape(), image_of(6 + 2, 7 + 3));
    EXPECT_EQ(padded.height.pad_after, -2);
    EXPECT_EQ(padded.width.pad_after, -3);
}

TEST(OutputPadding, NamesTheSizesThatOutputSizeNamesToo) {
    const Conv2DTransposeOptions smallest{.stride = {3, 2}, .padding = Padding::symmetric({1, 1})};
    for (const Size2D more : {Size2D{0, 0}, Size2D{1, 0}, Size2D{2, 1}}) {
        Conv2DTransposeOptions padded = smallest, sized = smallest;
        padded.output_padding = more;
        sized.output_size = Size2D{3 * 3 + 1 + more.height, 4 * 2 + 2 + more.width};
        const Conv2DForm a = transposed({4, 5}, {3, 4}, padded), b = transposed({4, 5}, {3, 4}, sized);
        EXPECT_EQ(a.image_shape(), b.image_shape());
        EXPECT_EQ(a.output_shape(), b.output_shape());
        EXPECT_EQ(a.height.pad_before, b.height.pad_before);
        EXPECT_EQ(a.width.pad_before, b.width.pad_before);
    }
}

TEST(OutputPadding, CountsFromTheSmallestSizeThatSameLeadsBackFrom) {
    for (Index kernel = 1; kernel <= 7; ++kernel)
        for (Index stride = 1; stride <= 5; ++stride)
            for (Index more = 0; more < stride; ++more) {
                const Index size = (4 - 1) * stride + 1 + more;
                const Conv2DForm padded = transposed(
                    {4, 4}, {kernel, kernel},
                    {.stride = {stride, stride}, .padding = Padding::same(), .output_padding = Size2D{more, more}});
                EXPECT_EQ(padded.image_shape(), image_of(size, size)) << to_string(padded);
                const Conv2DForm back =
                    form({size, size}, {kernel, kernel}, {.stride = {stride, stride}, .padding = Padding::same()});
                EXPECT_EQ(to_string(back), to_string(padded));
            }
}

// The sizes and the place of the filters alone; zeros after the image that no filter reads do not count.
bool same_operation(const ConvAxis& a, const ConvAxis& b) {
    return a.image == b.image && a.output == b.output && a.pad_before == b.pad_before;
}

bool symmetric_with_output_padding(const ConvAxis& same) {
    for (Index padding = 0; padding < same.kernel; ++padding)
        for (Index more = 0; more < same.stride; ++more) {
            const Index size = (same.output - 1) * same.stride - 2 * padding + same.kernel + more;
            if (size < 1) continue;
            const Conv2DForm other = transposed({same.output, same.output}, {same.kernel, same.kernel},
                                                {.stride = {same.stride, same.stride},
                                                 .padding = Padding::symmetric({padding, padding}),
                                                 .output_padding = Size2D{more, more}});
            if (same_operation(other.height, same)) return true;
        }
    return false;
}

// On images of stride·H′ pixels, SAME has max(k − s, 0) zeros in all; an odd number does not halve.
TEST(SamePadding, CannotBeWrittenSymmetricallyInElevenOfThirtyFiveCases) {
    int impossible = 0;
    for (Index kernel = 1; kernel <= 7; ++kernel)
        for (Index stride = 1; stride <= 5; ++stride) {
            const Conv2DForm same =
                transposed({4, 4}, {kernel, kernel}, {.stride = {stride, stride}, .padding = Padding::same()});
            SCOPED_TRACE(to_string(same));
            const bool odd = kernel > stride && (kernel - stride) % 2 == 1;
            EXPECT_EQ(symmetric_with_output_padding(same.height), !odd);
            impossible += odd;
            const Conv2DForm sides = transposed({4, 4}, {kernel, kernel},
                                                {.stride = {stride, stride},
                                                 .padding = Sides{same.height.pad_before, same.width.pad_before,
                                                                  same.height.pad_after, same.width.pad_after},
                                                 .output_size = Size2D{same.height.image, same.width.image}});
            EXPECT_EQ(to_string(sides), to_string(same));
        }
    EXPECT_EQ(impossible, 11);
}

}  // namespace
}  // namespace adjoint
