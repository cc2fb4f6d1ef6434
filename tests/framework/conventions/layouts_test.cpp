// Truths about layouts: those of other systems turn into ours and back, element by element.
#include "framework/conventions/layouts.h"

#include <gtest/gtest.h>
#include <numeric>

#include "tests/support/values.h"

namespace adjoint {
namespace {

Tensor counted(const Shape& shape) {
    std::vector<double> elements(static_cast<std::size_t>(element_count(shape)));
    std::iota(elements.begin(), elements.end(), 0.0);
    return doubles(shape, elements);
}

TEST(Layouts, PutTheChannelsOfAnImageLast) {
    // Two channels of 1 × 3 pixels.
    expect_tensor(nchw_to_nhwc(doubles({1, 2, 1, 3}, {1, 2, 3, 10, 20, 30})), {1, 1, 3, 2}, {1, 10, 2, 20, 3, 30});
    expect_tensor(nhwc_to_nchw(doubles({1, 1, 3, 2}, {1, 10, 2, 20, 3, 30})), {1, 2, 1, 3}, {1, 2, 3, 10, 20, 30});
}

TEST(Layouts, PutTheTapsOfAFilterFirst) {
    // y[k, l, c, o] = w[o, c, k, l] for 2 outputs, 3 inputs, 4 × 5 taps.
    const Tensor w = counted({2, 3, 4, 5}), y = oihw_to_hwio(w).value();
    ASSERT_EQ(y.shape(), (Shape{4, 5, 3, 2}));
    for (Index o = 0; o < 2; ++o)
        for (Index c = 0; c < 3; ++c)
            for (Index k = 0; k < 4; ++k)
                for (Index l = 0; l < 5; ++l)
                    EXPECT_EQ(y[((k * 5 + l) * 3 + c) * 2 + o], w[((o * 3 + c) * 4 + k) * 5 + l]);
}

TEST(Layouts, AreUndoneByTheOtherOfTheirPair) {
    const Tensor x = counted({2, 3, 4, 5});
    EXPECT_TRUE(equal(nhwc_to_nchw(nchw_to_nhwc(x)).value(), x));
    EXPECT_TRUE(equal(hwio_to_oihw(oihw_to_hwio(x)).value(), x));
}

TEST(Layouts, OfASystemTurnIntoOurs) {
    const Tensor x = counted({2, 3, 4, 5}), one = counted({3, 4, 5});
    const auto images = [](const Tensor& t, Layout layout) { return images_channels_last(t, layout).value(); };
    EXPECT_TRUE(equal(images(x, Layout::channels_last), x));
    EXPECT_TRUE(equal(images(x, Layout::channels_first), nchw_to_nhwc(x).value()));
    EXPECT_TRUE(equal(images(one, Layout::unbatched_too), nchw_to_nhwc(one.reshaped({1, 3, 4, 5})).value()));
    EXPECT_TRUE(equal(filters_channels_last(x, Layout::channels_last).value(), x));
    EXPECT_TRUE(equal(filters_channels_last(x, Layout::unbatched_too).value(), oihw_to_hwio(x).value()));
}

}  // namespace
}  // namespace adjoint
