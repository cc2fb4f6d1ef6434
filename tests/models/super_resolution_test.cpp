// Truths about super-resolution: what a smaller camera sees, the sizes of each scale, and that it begins as
// interpolation and learns to do better.
#include "models/super_resolution.h"

#include "layers/losses/losses.h"
#include "tests/support/learning.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

TEST(SuperResolution, SeesTheMeansOfBlocks) {
    const Tensor x({1, 2, 5, 1}, {1, 2, 3, 4, 9, 5, 6, 7, 8, 9}, DType::float32);
    expect_tensor(shrink(x, 2), {1, 1, 2, 1}, {3.5, 5.5});
    expect_tensor(seen_part(x, 2), {1, 2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8});
}

TEST(SuperResolution, MakesImagesOfAnySizeLarger) {
    for (const Index scale : {2, 3, 4}) {
        for (const Upsampling kind :
             {Upsampling::transposed, Upsampling::resize, Upsampling::shuffle, Upsampling::unpool}) {
            const SuperResolution model(Random(1), {.channels = 3, .width = 4, .scale = scale, .upsampling = {kind}});
            EXPECT_EQ(model(Tensor::zeros({2, 5, 7, 3})).shape(), (Shape{2, 5 * scale, 7 * scale, 3}));
        }
    }
    EXPECT_EQ(SuperResolution(Random(1), {.width = 1, .scale = 2})(Tensor::zeros({1, 1, 1, 1})).shape(),
              (Shape{1, 2, 2, 1}));
    EXPECT_REFUSAL(SuperResolution(Random(1), {.scale = 5}),
                   "SuperResolution: scale must be 2, 3 or 4, channels and width at least 1; got 5, 1 and 32");
}

TEST(SuperResolution, HasFourConvolutionsAndTheFiltersOfInterpolation) {
    const SuperResolution model(Random(1), {.channels = 3, .width = 4, .scale = 3});
    Shapes filters;
    for (const auto& [name, shape] : shapes(model.parameters())) {
        if (shape.size() == 4) filters.emplace_back(name, shape);
    }
    EXPECT_EQ(filters, (Shapes{{"conv1.weight", {3, 3, 3, 4}},
                               {"conv2.weight", {3, 3, 4, 4}},
                               {"conv3.weight", {3, 3, 4, 4}},
                               {"conv4.weight", {3, 3, 4, 4}},
                               {"up.weight", {5, 5, 3, 4}}}));
}

TEST(SuperResolution, BeginsCloseToInterpolationAndLearns) {
    const SuperResolution model(Random(1), {.width = 8, .scale = 2});
    const Tensor truth = digits(8);
    const Variable small = shrink(truth, 2), bicubic = enlarge_bicubic(small, 2);
    EXPECT_LT(mean_squared_error(model(small), bicubic).item(), 1e-4);
    expect_learns(model, [&] { return mean_squared_error(model(small), truth); });
}

}  // namespace
}  // namespace adjoint
