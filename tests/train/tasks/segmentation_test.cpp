// Truths about pictures of classes: the colour of each.
#include "train/tasks/segmentation.h"

#include "tests/support/values.h"

namespace adjoint {
namespace {

// 0.55 + 0.45·cos(class·137.5° − channel·120°), the golden angle around the circle of colours.
TEST(Coloured, ClassesAreBlackAndThenColoursFarFromEachOther) {
    expect_tensor(coloured(Tensor({1, 1, 3}, {0, 1, 2})), {1, 1, 3, 3},
                  {0, 0, 0, 0.21818, 0.97915, 0.45266, 0.58934, 0.14211, 0.91855}, 1e-4);
}

}  // namespace
}  // namespace adjoint
