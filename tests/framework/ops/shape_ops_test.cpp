// Truths about moving elements: where each one goes, that each move is undone by its pullback, and what is refused.
#include "framework/ops/shape_ops.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "tests/support/derivatives.h"
#include "tests/support/random_forms.h"
#include "tests/support/threads.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

class Shaping : public testing::TestWithParam<DType> {
  protected:
    const Variable x = Tensor({2, 3}, {1, 2, 3, 4, 5, 6}, GetParam());
    const Variable y = Tensor({2, 2}, {7, 8, 9, 10}, GetParam());
};
INSTANTIATE_TEST_SUITE_P(In, Shaping, testing::Values(DType::float32, DType::float64), TypeName());

TEST_P(Shaping, ReshapeKeepsTheOrder) {
    expect_tensor(reshape(x, {3, 2}), {3, 2}, {1, 2, 3, 4, 5, 6});
    expect_tensor(reshape(x, {-1}), {6}, {1, 2, 3, 4, 5, 6});
    expect_tensor(reshape(x, {1, -1, 2}), {1, 3, 2}, {1, 2, 3, 4, 5, 6});
}

TEST_P(Shaping, TransposeReversesTheAxesByDefault) {
    expect_tensor(transpose(x), {3, 2}, {1, 4, 2, 5, 3, 6});
    const Variable cube = reshape(x, {1, 2, 3});
    expect_tensor(transpose(cube), {3, 2, 1}, {1, 4, 2, 5, 3, 6});
    expect_tensor(transpose(Tensor({}, {4}, GetParam())), {}, {4});
}

TEST_P(Shaping, SliceTakesARangeOfAnAxis) {
    expect_tensor(slice(x, {.axis = 1, .begin = 1, .end = 3}), {2, 2}, {2, 3, 5, 6});
    expect_tensor(slice(x, {.axis = 0, .begin = 1, .end = 2}), {1, 3}, {4, 5, 6});
    expect_tensor(slice(x, {.axis = -1, .begin = -2, .end = -1}), {2, 1}, {2, 5});
    expect_tensor(slice(x, {.axis = 1, .begin = 0, .end = 3}), {2, 3}, {1, 2, 3, 4, 5, 6});
    expect_tensor(slice(x, {.axis = 1, .begin = 3, .end = 3}), {2, 0}, {});
    expect_tensor(slice(x, {.axis = 1, .begin = 0, .end = 0}), {2, 0}, {});
}

TEST_P(Shaping, PadPutsZerosAround) {
    expect_tensor(pad(x, {.axis = 1, .before = 1, .after = 2}), {2, 6}, {0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0});
    expect_tensor(pad(x, {.axis = -2, .after = 1}), {3, 3}, {1, 2, 3, 4, 5, 6, 0, 0, 0});
    expect_tensor(pad(x, {.axis = 0}), {2, 3}, {1, 2, 3, 4, 5, 6});
    expect_tensor(pad(Tensor::zeros({0}, GetParam()), {.axis = 0, .before = 1, .after = 1}), {2}, {0, 0});
}

TEST_P(Shaping, ConcatenatePutsThePartsOneAfterTheOther) {
    expect_tensor(concatenate({x, y}, 1), {2, 5}, {1, 2, 3, 7, 8, 4, 5, 6, 9, 10});
    expect_tensor(concatenate({y, x}, -1), {2, 5}, {7, 8, 1, 2, 3, 9, 10, 4, 5, 6});
    expect_tensor(concatenate({y, y}, 0), {4, 2}, {7, 8, 9, 10, 7, 8, 9, 10});
    expect_tensor(concatenate({x}, 0), {2, 3}, {1, 2, 3, 4, 5, 6});
    expect_tensor(concatenate({x, Tensor::zeros({2, 0}, GetParam())}, 1), {2, 3}, {1, 2, 3, 4, 5, 6});
}

TEST_P(Shaping, KeepsTheElementType) {
    for (const Variable& moved : {reshape(x, {6}), transpose(x), slice(x, {.axis = 0, .begin = 0, .end = 1}),
                                  pad(x, {.axis = 0, .before = 1}), concatenate({x, x}, 0)}) {
        EXPECT_STREQ(name(moved.dtype()), name(GetParam()));
    }
}

TEST(Transpose, PutsAxisOrderIOfXAtAxisIOfY) {
    const Tensor x = Random(1).normal(Shape{2, 3, 4, 5}, DType::float64);
    const std::vector<Index> order = {2, 0, -1, 1};  // y[k, i, l, j] = x[i, j, k, l]
    const Tensor y = transpose(x, order).value();
    ASSERT_EQ(y.shape(), (Shape{4, 2, 5, 3}));
    for (Index flat = 0; flat < x.size(); ++flat) {
        const Index l = flat % 5, k = flat / 5 % 4, j = flat / 20 % 3, i = flat / 60;
        ASSERT_EQ(y[((k * 2 + i) * 5 + l) * 3 + j], x[flat]) << "x[" << i << ", " << j << ", " << k << ", " << l << "]";
    }
}

TEST(Transpose, IsUndoneByTheInverseOrder) {
    const Tensor x = Random(1).normal(Shape{40, 31, 37});
    EXPECT_TRUE(identical(transpose(transpose(x, {1, 2, 0}), {2, 0, 1}).value(), x));
    EXPECT_TRUE(identical(transpose(transpose(x)).value(), x));
}

TEST(Slice, OfAConcatenationIsThePart) {
    const Tensor a = Random(1).normal(Shape{3, 4, 2}), b = Random(2).normal(Shape{3, 5, 2});
    const Variable both = concatenate({a, b}, 1);
    EXPECT_TRUE(identical(slice(both, {.axis = 1, .begin = 0, .end = 4}).value(), a));
    EXPECT_TRUE(identical(slice(both, {.axis = 1, .begin = 4, .end = 9}).value(), b));
}

TEST(Slice, OfAPaddingIsTheTensor) {
    const Tensor x = Random(1).normal(Shape{3, 4, 2});
    const Variable padded = pad(x, {.axis = 1, .before = 2, .after = 3});
    EXPECT_TRUE(identical(slice(padded, {.axis = 1, .begin = 2, .end = 6}).value(), x));
}

// ---- Derivatives ------------------------------------------------------------------------------------------------

TEST(Shaping, HasDerivativesToSecondOrder) {
    const Tensor cube = doubles({2, 3, 2}, {0.3, -0.9, 1.2, -0.4, 0.8, -1.5, 0.6, 1.9, -1.1, 0.1, -0.7, 1.5});
    const Tensor short_cube = doubles({2, 1, 2}, {1.3, 0.7, -0.5, -1.8});
    const Shape flatter{4, -1};
    expect_derivatives([&](const Inputs& x) { return reshape(x[0], flatter); }, {cube});
    for (const std::vector<Index>& order : {std::vector<Index>{}, {1, 2, 0}, {-1, 0, -2}})
        expect_derivatives([&](const Inputs& x) { return transpose(x[0], order); }, {cube});
    for (const Slice& range : {Slice{1, 0, 2}, Slice{1, 1, -1}, Slice{-1, 1, 2}})
        expect_derivatives([&](const Inputs& x) { return slice(x[0], range); }, {cube});
    for (const Margin& margin : {Margin{1, 2, 0}, Margin{0, 0, 1}, Margin{-1, 1, 2}})
        expect_derivatives([&](const Inputs& x) { return pad(x[0], margin); }, {cube});
    expect_derivatives([](const Inputs& x) { return concatenate(x, 1); }, {cube, short_cube});
    expect_derivatives([](const Inputs& x) { return concatenate(Inputs{x[1], x[0], x[1]}, -2); }, {cube, short_cube});
    expect_derivatives([](const Inputs& x) { return concatenate(Inputs(2, x[0]), 0); }, {cube});
}

// ---- pixels and channels ---------------------------------------------------------------------------------------

// The examples in TensorFlow's documentation of depth_to_space.
TEST(PixelShuffle, GivesTheExamplesOfTensorFlow) {
    expect_tensor(pixel_shuffle(Tensor({1, 1, 1, 4}, {1, 2, 3, 4}), 2), {1, 2, 2, 1}, {1, 2, 3, 4});
    expect_tensor(pixel_shuffle(Tensor({1, 1, 1, 12}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), 2), {1, 2, 2, 3},
                  {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    expect_tensor(pixel_shuffle(Tensor({1, 2, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}), 2),
                  {1, 4, 4, 1}, {1, 2, 5, 6, 3, 4, 7, 8, 9, 10, 13, 14, 11, 12, 15, 16});
}

TEST(PixelShuffle, PutsEveryChannelWhereItsEquationSays) {
    const Index N = 2, H = 2, W = 3, C = 2, r = 3;
    const Tensor x = Random(1).normal({N, H, W, r * r * C}), y = pixel_shuffle(x, r).value();
    ASSERT_EQ(y.shape(), (Shape{N, H * r, W * r, C}));
    for (Index e = 0; e < y.size(); ++e) {
        const Index c = e % C, column = e / C % (W * r), row = e / C / (W * r) % (H * r), n = e / C / (W * r) / (H * r);
        const Index pixel = (n * H + row / r) * W + column / r;
        EXPECT_EQ(y[e], x[pixel * r * r * C + (row % r * r + column % r) * C + c]) << "element " << e;
    }
}

TEST(PixelUnshuffle, UndoesPixelShuffle) {
    const Tensor x = Random(1).normal({2, 3, 2, 8}), y = Random(2).normal({2, 6, 4, 2});
    EXPECT_TRUE(identical(pixel_unshuffle(pixel_shuffle(x, 2), 2).value(), x));
    EXPECT_TRUE(identical(pixel_shuffle(pixel_unshuffle(y, 2), 2).value(), y));
}

TEST(PixelShuffleRefusal, OfWhatDoesNotDivide) {
    EXPECT_REFUSAL(pixel_shuffle(Tensor::zeros({1, 1, 1, 4}), Index{1} << 32),
                   "pixel_shuffle: the channels must divide into 4294967296·4294967296; got [1, 1, 1, 4]");
    EXPECT_REFUSAL(pixel_shuffle(Tensor::zeros({1, 1, 1, 6}), 2),
                   "pixel_shuffle: the channels must divide into 2·2; got [1, 1, 1, 6]");
    EXPECT_REFUSAL(pixel_unshuffle(Tensor::zeros({1, 3, 4, 1}), 2),
                   "pixel_unshuffle: height and width must divide by 2; got [1, 3, 4, 1]");
    EXPECT_REFUSAL(pixel_shuffle(Tensor::zeros({4}), 2), "pixel_shuffle: input must be [N, H, W, C]; got [4]");
    EXPECT_REFUSAL(pixel_unshuffle(Tensor::zeros({4}), 2), "pixel_unshuffle: input must be [N, H, W, C]; got [4]");
}

// ---- gather and scatter ----------------------------------------------------------------------------------------

// Two items of six elements, of each of which three are taken: one of the first item's twice.
const GatherIndices places({2, 2, 3}, {2, 3}, {5, 0, 5, 1, 2, 3});

class Indexing : public testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(In, Indexing, testing::Values(DType::float32, DType::float64), TypeName());

TEST_P(Indexing, TakesEachElementFromItsOwnItem) {
    const Tensor x({2, 2, 3}, {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15}, GetParam());
    expect_tensor(gather(x, places), {2, 3}, {5, 0, 5, 11, 12, 13});
}

TEST_P(Indexing, PutsBackAddingWhereTwoMeet) {
    const Tensor y({2, 3}, {1, 2, 4, 8, 16, 32}, GetParam());
    expect_tensor(scatter_add(y, places), {2, 2, 3}, {2, 0, 0, 0, 0, 5, 0, 8, 16, 32, 0, 0});
}

// GatherIndices drawn at random in batches of four items.
GatherIndices random_places(Index whole, Index taken, const Random& random) {
    std::vector<Index> indices(static_cast<std::size_t>(4 * taken));
    for (std::size_t i = 0; i < indices.size(); ++i) {
        indices[i] = static_cast<Index>(random.below(static_cast<std::uint64_t>(whole), i));
    }
    return GatherIndices({4, whole}, {4, taken}, indices);
}

TEST(ScatterAdd, IsTheAdjointOfGatherExactlyInIntegers) {
    for (const auto& [whole, taken] : {std::pair(5, 9), {7, 3}, {1, 4}}) {
        const GatherIndices p = random_places(whole, taken, Random(1));
        const Variable x = random_integers({4, whole}, Random(2)), y = random_integers({4, taken}, Random(3));
        EXPECT_EQ(sum(gather(x, p) * y).item(), sum(x * scatter_add(y, p)).item());
    }
}

TEST(Gather, IsUndoneByScatterAddWhereEachElementIsTakenOnce) {
    const GatherIndices reversed({2, 3}, {2, 3}, {2, 1, 0, 2, 1, 0});
    const Variable x = Tensor({2, 3}, {1, 2, 3, 4, 5, 6});
    expect_tensor(gather(x, reversed), {2, 3}, {3, 2, 1, 6, 5, 4});
    expect_equal(scatter_add(gather(x, reversed), reversed), x);
}

TEST(ScatterAdd, GivesTheSameBitsOnAnyNumberOfThreads) {
    const GatherIndices p = random_places(50, 40'000, Random(4));
    const Tensor y = Random(5).normal({4, 40'000});
    const auto with_threads = [&](int count) {
        const WithThreads threads(count);
        return scatter_add(y, p).value();
    };
    EXPECT_TRUE(identical(with_threads(1), with_threads(7)));
}

TEST(Indexing, HasDerivativesToSecondOrder) {
    const Tensor x = Random(1).normal({2, 2, 3}, DType::float64), y = Random(2).normal({2, 3}, DType::float64);
    expect_derivatives([](const Inputs& in) { return gather(in[0], places); }, {x});
    expect_derivatives([](const Inputs& in) { return scatter_add(in[0], places); }, {y});
}

TEST(GatherRefusal, OfIndicesThatAnItemDoesNotHave) {
    const auto refusal = [](std::vector<Index> indices) {
        return error_of([&] { GatherIndices({2, 3}, {2, 1}, indices); });
    };
    EXPECT_EQ(refusal({2, 3}), "GatherIndices: an index must be one of the 3 of an item; got 3");
    EXPECT_EQ(refusal({-1, 0}), "GatherIndices: an index must be one of the 3 of an item; got -1");
    EXPECT_EQ(refusal({0}), "GatherIndices: there must be 2 indices; got 1");
    EXPECT_REFUSAL(GatherIndices({2, 3}, {3, 1}, {0, 0, 0}),
                   "GatherIndices: both shapes must begin with the same number of items; got [2, 3] and [3, 1]");
}

TEST(IndexingRefusal, OfOtherShapesThanThePlacesAreFor) {
    EXPECT_REFUSAL(gather(Tensor::zeros({2, 6}), places), "gather: the indices point into [2, 2, 3]; got [2, 6]");
    EXPECT_REFUSAL(scatter_add(Tensor::zeros({6}), places), "scatter_add: the indices are for [2, 3]; got [6]");
}

// ---- Refusals ---------------------------------------------------------------------------------------------------

TEST(ShapingRefusal, OfATransposeThatIsNoPermutation) {
    const Variable x = Tensor::zeros({2, 3});
    EXPECT_REFUSAL(transpose(x, {0}), "transpose: each axis must be named once; got order [0], shape [2, 3]");
    EXPECT_REFUSAL(transpose(x, {0, 0}), "transpose: an axis is named twice; got axes [0, 0]");
    EXPECT_REFUSAL(transpose(x, {0, 2}), "transpose: axis 2 does not exist; got shape [2, 3]");
}

TEST(ShapingRefusal, OfASliceOutsideItsAxis) {
    const Variable x = Tensor::zeros({2, 3});
    const auto refusal = [&](Index begin, Index end) {
        return error_of([&] { slice(x, {.axis = 1, .begin = begin, .end = end}); });
    };
    const std::string fact = "slice: the range must lie in axis 1; got ";
    EXPECT_EQ(refusal(0, 4), fact + "[0, 4) of shape [2, 3]");
    EXPECT_EQ(refusal(2, 1), fact + "[2, 1) of shape [2, 3]");
    EXPECT_EQ(refusal(-4, 2), fact + "[-4, 2) of shape [2, 3]");
    EXPECT_REFUSAL(slice(x, {.axis = 2, .begin = 0, .end = 1}), "slice: axis 2 does not exist; got shape [2, 3]");
}

TEST(ShapingRefusal, OfNegativeMargins) {
    const Variable x = Tensor::zeros({2, 3});
    const std::string fact = "pad: margins must not be negative; got ";
    EXPECT_REFUSAL(pad(x, {.axis = 0, .before = Index{1} << 62, .after = Index{1} << 62}),
                   "pad: a shape has too many elements; got [4611686018427387904, 3]");
    EXPECT_REFUSAL(pad(x, {.axis = 0, .before = -1}), fact + "-1 before and 0 after");
    EXPECT_REFUSAL(pad(x, {.axis = 0, .before = 2, .after = -1}), fact + "2 before and -1 after");
    EXPECT_REFUSAL(pad(x, {.axis = -3}), "pad: axis -3 does not exist; got shape [2, 3]");
}

TEST(ShapingRefusal, OfPartsThatDoNotFitTogether) {
    const Variable x = Tensor::zeros({2, 3}), y = Tensor::zeros({4, 2}), cube_of_ones = Tensor::ones({2, 3, 1});
    EXPECT_REFUSAL(concatenate({x, y}, 1), "concatenate: shapes must agree but for axis 1; got [2, 3] and [4, 2]");
    EXPECT_REFUSAL(concatenate({x, cube_of_ones}, 0),
                   "concatenate: shapes must agree but for axis 0; got [2, 3] and [2, 3, 1]");
    EXPECT_REFUSAL(concatenate({x, x}, 2), "concatenate: axis 2 does not exist; got shape [2, 3]");
    EXPECT_REFUSAL(concatenate({x, doubles({2, 1}, {1, 2})}, 1),
                   "concatenate: operands differ in element type; got float32 and float64");
    EXPECT_REFUSAL(concatenate({}, 0), "concatenate: there must be at least one part; got none");
}

}  // namespace
}  // namespace adjoint
