// Truths about layers that resize: each is its operation, has no states, and works within a Sequential.
#include "framework/tensor/random.h"
#include "layers/lambda.h"
#include "layers/sequential.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Tensor x = Random(1).normal({2, 4, 6, 4});

TEST(ResizingLayers, AreTheirOperations) {
    const MaxPool2DOptions window{.window = {3, 2}, .padding = Padding::same()};
    expect_equal(MaxPool2D(window)(x), max_pool2d(x, window).value);
    expect_equal(MaxPool2D()(x), max_pool2d(x).value);
    const AveragePool2DOptions mean{.window = {3, 2}, .padding = Padding::same(), .count_padding = true};
    expect_equal(AveragePool2D(mean)(x), average_pool2d(x, mean));
    expect_equal(GlobalAveragePool2D()(x), global_average_pool2d(x));
    const ResizeOptions bilinear{.interpolation = Interpolation::bilinear, .align_corners = true};
    expect_equal(Upsample2D({2, 3}, bilinear)(x), upsample2d(x, {2, 3}, bilinear));
    expect_equal(PixelShuffle(2)(x), pixel_shuffle(x, 2));
}

TEST(ResizingLayers, HaveNoStatesAndGoIntoASequential) {
    const Sequential model(MaxPool2D(), Upsample2D({2, 2}), AveragePool2D(), PixelShuffle(2), GlobalAveragePool2D());
    EXPECT_TRUE(model.states().empty());
    EXPECT_EQ(model(x).shape(), (Shape{2, 1}));
}

}  // namespace
}  // namespace adjoint
