// Truths about --steps: it shows on paper how each number comes about, and the numbers that it shows are right. All of
// it for a transposed convolution is in layers/transposed_convolution.md.
#include "tests/support/program.h"

namespace adjoint {
namespace {

using ConvolutionSteps = ProgramTest;

TEST_F(ConvolutionSteps, TheFirstNumberOfTheFilterLandsFirst) {
    const std::string steps = printed({"conv2d-transpose", "--input", "-67 -77; -117 -127", "--weight",
                                       "-1 2 -3; 4 -5 6; -7 8 -9", "--stride", "2", "--steps"});
    for (const char* line : {
             "(0, 0)  -67 times the filter, its corner at (0·2 − 0, 0·2 − 0) = (0, 0)\n",
             "nothing is flipped: the filter's first number makes -67 · -1 = 67 at (0, 0), its last -67 · -9 = 603 at "
             "(2, 2)\n",
             "(1, 0)  -117 times the filter, its corner at (1·2 − 0, 0·2 − 0) = (2, 0)\n",
             "    (0, 2)  201 + 77 = 278\n",
             "    (2, 2)  603 + 539 + 351 + 127 = 1620\n",
             "    (0, 1)   .  . -1  2 -3  .  .  4 -5  6  .  . -7  8 -9  .  .  .  .  .  .  .  .  .  .\n",
         }) {
        EXPECT_NE(steps.find(line), steps.npos) << line << "is not in\n" << steps;
    }
}

TEST_F(ConvolutionSteps, WhatPaddingCutsOffIsCounted) {
    const std::string steps = printed(
        {"conv2d-transpose", "--input", "1 2; 3 4", "--weight", "1 2 3; 4 5 6; 7 8 9", "--padding", "1", "--steps"});
    const std::string title =
        "(0, 0)  1 times the filter, its corner at (0·1 − 1, 0·1 − 1) = (-1, -1); 5 of 9 numbers "
        "fall outside and are dropped\n";
    EXPECT_NE(steps.find(title), steps.npos) << steps;
    EXPECT_NE(steps.find("     5  6   →    5  6\n     8  9        8  9\n"), steps.npos) << steps;
}

TEST_F(ConvolutionSteps, BlocksThatOnlyTouchAreSaidNotToOverlap) {
    const std::string steps =
        printed({"conv2d-transpose", "--input", "1 2", "--weight", "1 2; 3 4", "--stride", "2", "--steps"});
    EXPECT_NE(steps.find("No blocks overlap.\n"), steps.npos) << steps;
}

TEST_F(ConvolutionSteps, AMatrixTooWideForAPageIsLeftOut) {
    const std::string steps = printed({"conv2d-transpose", "--input", "1", "--weight", "1", "--output-size", "1"});
    EXPECT_EQ(steps, "1\n");
    const std::string wide = printed({"conv2d-transpose", "--input", "1 2 3 4 5 6 7 8; 1 2 3 4 5 6 7 8", "--weight",
                                      "1 2 3; 4 5 6", "--stride", "2", "--steps"});
    EXPECT_EQ(wide.find("Why transposed?"), wide.npos);
}

TEST_F(ConvolutionSteps, AConvolutionWeighsPatches) {
    EXPECT_EQ(
        printed({"conv2d", "--input", "1 2 3; 4 5 6; 7 8 9", "--weight", "1 -1; 0.5 2", "--stride", "2", "--padding",
                 "same", "--steps"}),
        R"(conv2d lays the filter on the image as it stands: nothing is flipped. Each output is the sum of the patch under
the filter, times the filter; the patch has its corner at index · stride − padding.
A point lies outside the image and counts as 0.

    image       filter
    1 2 3         1  -1
    4 5 6       0.5   2
    7 8 9

(0, 0)  the patch with its corner at (0·2 − 0, 0·2 − 0) = (0, 0)
    1 2   ×     1  -1   =    1 -2
    4 5       0.5   2        2 10
    sum: 11

(0, 1)  the patch with its corner at (0·2 − 0, 1·2 − 0) = (0, 2)
    3 .   ×     1  -1   =   3 .
    6 .       0.5   2       3 .
    sum: 6

(1, 0)  the patch with its corner at (1·2 − 0, 0·2 − 0) = (2, 0)
    7 8   ×     1  -1   =    7 -8
    . .       0.5   2        .  .
    sum: -1

(1, 1)  the patch with its corner at (1·2 − 0, 1·2 − 0) = (2, 2)
    9 .   ×     1  -1   =   9 .
    . .       0.5   2       . .
    sum: 9

result
11  6
-1  9
)");
}

TEST_F(ConvolutionSteps, SayWhereACornerLiesAlongEachAxis) {
    const std::string steps = printed({"conv2d", "--input", "1 2 3 4; 5 6 7 8; 9 1 2 3; 4 5 6 7", "--weight", "1",
                                       "--stride", "2,3", "--padding", "1,0", "--steps"});
    EXPECT_NE(steps.find("(1, 1)  the patch with its corner at (1·2 − 1, 1·3 − 0) = (1, 3)\n"), steps.npos) << steps;
}

TEST_F(ConvolutionSteps, AWeightGradientWeighsWhatEachTapSaw) {
    EXPECT_EQ(
        printed({"conv2d-weight-gradient", "--input", "1 2 3; 4 5 6; 7 8 9", "--output-gradient", "1 -1; 0 10",
                 "--kernel", "2,1", "--stride", "2,1", "--padding", "0,0,1,-1", "--steps"}),
        R"(conv2d-weight-gradient asks of each tap of the filter: which pixel did it see for each output, and how much
did that output matter? Its gradient is the sum of those pixels, times the output gradient.
A point lies outside the image and counts as 0.

    image       output gradient
    1 2 3        1 -1
    4 5 6        0 10
    7 8 9

(0, 0)  the pixels that this tap saw, times the output gradient
    1 2   ×    1 -1   =    1 -2
    7 8        0 10        0 80
    sum: 79

(1, 0)  the pixels that this tap saw, times the output gradient
    4 5   ×    1 -1   =    4 -5
    . .        0 10        .  .
    sum: -1

result
79
-1
)");
}

TEST_F(ConvolutionSteps, StepsArePrintedEvenWhenTheResultIsWritten) {
    const std::string steps = printed({"conv2d", "--input", "3", "--weight", "5", "--steps", "--out", "y.npy"});
    EXPECT_TRUE(steps.ends_with("    sum: 15\ny.npy: [1, 1, 1, 1] float64\n")) << steps;
    EXPECT_EQ(read("y.npy")[0], 15);
}

}  // namespace
}  // namespace adjoint
