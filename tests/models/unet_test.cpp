// Truths about the U-Net: its shapes, its loss by literal numbers, and that a step of training reaches all of it.
#include "models/unet.h"

#include <cmath>

#include "datasets/digits/digit_scenes.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/derivatives.h"
#include "tests/support/learning.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

TEST(UNet, SaysSomethingOfEachPixelOfImagesOfAnySize) {
    for (const Upsampling kind :
         {Upsampling::transposed, Upsampling::resize, Upsampling::shuffle, Upsampling::unpool}) {
        const UNet model(Random(1), {.channels = 3, .classes = 5, .width = 2, .upsampling = {kind}});
        EXPECT_EQ(model(Tensor::zeros({2, 16, 24, 3})).shape(), (Shape{2, 16, 24, 5}));
    }
    EXPECT_EQ(UNet(Random(1), {.classes = 2, .width = 1})(Tensor::zeros({1, 8, 8, 1})).shape(), (Shape{1, 8, 8, 2}));
    EXPECT_REFUSAL(UNet(Random(1), {.classes = 1}),
                   "UNet: channels and width must be at least 1, classes at least 2; got 1, 16 and 1");
    EXPECT_REFUSAL(UNet(Random(1))(Tensor::zeros({1, 16, 28, 1})),
                   "UNet: height and width must divide by 8; got [1, 16, 28, 1]");
}

TEST(UNet, LooksAgainAtWhatItSawOnTheWayDown) {
    const UNet model(Random(1), {.classes = 3, .width = 2});
    Shapes found;
    for (const auto& [name, shape] : shapes(model.parameters())) {
        if (shape.size() == 4 && !name.ends_with("conv2.weight")) found.emplace_back(name, shape);
    }
    EXPECT_EQ(found, (Shapes{{"down1.conv1.weight", {3, 3, 1, 2}},
                             {"down2.conv1.weight", {3, 3, 2, 4}},
                             {"down3.conv1.weight", {3, 3, 4, 8}},
                             {"bottom.conv1.weight", {3, 3, 8, 16}},
                             {"enlarge1.weight", {2, 2, 8, 16}},
                             {"up1.conv1.weight", {3, 3, 16, 8}},
                             {"enlarge2.weight", {2, 2, 4, 8}},
                             {"up2.conv1.weight", {3, 3, 8, 4}},
                             {"enlarge3.weight", {2, 2, 2, 4}},
                             {"up3.conv1.weight", {3, 3, 4, 2}},
                             {"decide.weight", {1, 1, 2, 3}}}));
}

TEST(UNet, LearnsAllItsParameters) {
    const DigitScenes scenes(std::make_shared<DigitsDataset>(DigitsDataset::Range{1, 0, 20}), 2, Random(1));
    const Tensor both = first_images(scenes, 2);
    const Variable pictures = slice(both, {.axis = 3, .end = 1}), mask = slice(both, {.axis = 3, .begin = 1, .end = 2});
    const Variable ink = 255.0 * mask,
                   target = concatenate({1.0 - minimum(ink, scalar(1.0, ink)), minimum(ink, scalar(1.0, ink))}, 3);
    const UNet model(Random(1), {.classes = 2, .width = 4});
    expect_learns(model, [&] { return segmentation_loss(model(pictures), target); });
}

TEST(SegmentationLoss, IsCrossEntropyAndTheShareThatDoesNotOverlap) {
    // Two pixels of which the first is of class 0, the second of class 1; p(0) is 3/4 and 1/2.
    const Tensor x({1, 1, 2, 2}, {std::log(3.0), 0, 0, 0}, DType::float64),
        t({1, 1, 2, 2}, {1, 0, 0, 1}, DType::float64);
    const double entropy = -(std::log(0.75) + std::log(0.5)) / 2;
    const double first = (2 * 0.75 + 1) / (1.25 + 1 + 1), second = (2 * 0.5 + 1) / (0.75 + 1 + 1);
    EXPECT_NEAR(segmentation_loss(x, t).item(), entropy + 1 - (first + second) / 2, 1e-12);
    EXPECT_REFUSAL(segmentation_loss(x, Tensor::zeros({1, 2, 2, 2})),
                   "segmentation_loss: logits and targets must have one shape [N, H, W, classes]; got [1, 1, 2, 2] and "
                   "[1, 2, 2, 2]");
}

TEST(SegmentationLoss, HasTheRightDerivatives) {
    const Tensor target({1, 1, 2, 3}, {1, 0, 0, 0, 0, 1}, DType::float64);
    expect_derivatives([&](const std::vector<Variable>& in) { return segmentation_loss(in[0], target); },
                       {Random(1).normal({1, 1, 2, 3}, DType::float64)});
}

}  // namespace
}  // namespace adjoint
