// Truths about sizes: how many elements a shape has, which shapes broadcast and to what, which axes an operation means.
#include "framework/tensor/shape.h"

#include "tests/support/expectations.h"

namespace adjoint {
namespace {

TEST(Shape, CountsElements) {
    EXPECT_EQ(element_count({}), 1);
    EXPECT_EQ(element_count({2, 3, 4}), 24);
    EXPECT_EQ(element_count({2, 0, 4}), 0);
    EXPECT_EQ(element_count({1 << 20, 1 << 20}), Index{1} << 40);
}

TEST(Shape, RefusesMoreElementsThan64BitsCount) {
    const std::string fact = "Tensor: a shape has too many elements; got ";
    EXPECT_REFUSAL(element_count({Index{1} << 62, 4}), fact + "[4611686018427387904, 4]");
    EXPECT_REFUSAL(element_count({3037000500, 3037000500}), fact + "[3037000500, 3037000500]");
    EXPECT_REFUSAL(element_count({Index{1} << 62, 4, 0}), fact + "[4611686018427387904, 4, 0]");
    EXPECT_REFUSAL(element_count({Index{1} << 60}, "read"),
                   "read: a shape has too many elements; got [1152921504606846976]");
    EXPECT_EQ(element_count({(Index{1} << 60) - 1}), (Index{1} << 60) - 1);
    EXPECT_EQ(element_count({Index{1} << 59, 0}), 0);
}

TEST(Shape, BroadcastsExtentsOfOneAndMissingOnes) {
    EXPECT_EQ(broadcast("add", {2, 3}, {2, 3}), (Shape{2, 3}));
    EXPECT_EQ(broadcast("add", {2, 3}, {3}), (Shape{2, 3}));
    EXPECT_EQ(broadcast("add", {3}, {2, 3}), (Shape{2, 3}));
    EXPECT_EQ(broadcast("add", {2, 1}, {1, 3}), (Shape{2, 3}));
    EXPECT_EQ(broadcast("add", {}, {2, 3}), (Shape{2, 3}));
    EXPECT_EQ(broadcast("add", {}, {}), Shape{});
    EXPECT_EQ(broadcast("add", {4, 1, 3}, {2, 1}), (Shape{4, 2, 3}));
}

TEST(Shape, BroadcastsOneToZero) {
    EXPECT_EQ(broadcast("add", {0, 3}, {1, 3}), (Shape{0, 3}));
    EXPECT_EQ(broadcast("add", {1}, {0}), Shape{0});
}

TEST(Shape, DoesNotBroadcastDifferentExtents) {
    EXPECT_REFUSAL(broadcast("add", {2, 3}, {4}), "add: shapes do not broadcast; got [2, 3] and [4]");
    EXPECT_REFUSAL(broadcast("add", {4}, {2, 3}), "add: shapes do not broadcast; got [4] and [2, 3]");
    EXPECT_REFUSAL(broadcast("add", {0}, {2}), "add: shapes do not broadcast; got [0] and [2]");
    EXPECT_REFUSAL(broadcast("add", {2}, {0}), "add: shapes do not broadcast; got [2] and [0]");
    EXPECT_REFUSAL(broadcast("add", {2, 3}, {3, 3}), "add: shapes do not broadcast; got [2, 3] and [3, 3]");
}

TEST(Shape, SortsAxesAndCountsNegativeOnesFromTheEnd) {
    EXPECT_EQ(normalize_axes("sum", {2, 3, 4}, {2, 0}), (std::vector<Index>{0, 2}));
    EXPECT_EQ(normalize_axes("sum", {2, 3, 4}, {-1, -3}), (std::vector<Index>{0, 2}));
}

TEST(Shape, TakesNoAxesForAllAxes) {
    EXPECT_EQ(normalize_axes("sum", {2, 3, 4}, {}), (std::vector<Index>{0, 1, 2}));
    EXPECT_TRUE(normalize_axes("sum", {}, {}).empty());
}

TEST(Shape, RefusesAxesThatDoNotExist) {
    EXPECT_REFUSAL(normalize_axes("sum", {2, 3}, {2}), "sum: axis 2 does not exist; got shape [2, 3]");
    EXPECT_REFUSAL(normalize_axes("sum", {2, 3}, {0, -3}), "sum: axis -3 does not exist; got shape [2, 3]");
    EXPECT_REFUSAL(normalize_axes("sum", {}, {0}), "sum: axis 0 does not exist; got shape []");
}

TEST(Shape, RefusesAnAxisNamedTwice) {
    EXPECT_REFUSAL(normalize_axes("sum", {2, 3}, {0, 0}), "sum: an axis is named twice; got axes [0, 0]");
    EXPECT_REFUSAL(normalize_axes("sum", {2, 3}, {1, -1}), "sum: an axis is named twice; got axes [1, -1]");
}

TEST(Shape, LosesAxesOrKeepsThemAtOne) {
    EXPECT_EQ(without_axes({2, 3, 4}, {0, 2}, /*keep=*/false), Shape{3});
    EXPECT_EQ(without_axes({2, 3, 4}, {0, 2}, /*keep=*/true), (Shape{1, 3, 1}));
    EXPECT_EQ(without_axes({2, 3}, {0, 1}, /*keep=*/false), Shape{});
    EXPECT_EQ(without_axes({2, 3}, {}, /*keep=*/false), (Shape{2, 3}));
}

}  // namespace
}  // namespace adjoint
