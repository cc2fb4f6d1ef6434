// Truths about values: elements lie in row-major order in their own type, copies do not disturb one another, and what
// does not fit is refused.
#include "framework/tensor/tensor.h"

#include <cstdint>
#include <limits>

#include "tests/support/values.h"

namespace adjoint {
namespace {

TEST(Tensor, HoldsItsElementsInRowMajorOrder) {
    const Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    EXPECT_EQ(x.size(), 6);
    EXPECT_EQ(x.rank(), 2);
    EXPECT_EQ(x[4], 5.0);
    EXPECT_EQ(x.data<float>()[5], 6.0F);
    EXPECT_EQ(x.to_vector(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(Tensor, CountsNegativeAxesFromTheEnd) {
    const Tensor x = Tensor::zeros({2, 3, 4});
    EXPECT_EQ(x.extent(0), 2);
    EXPECT_EQ(x.extent(-1), 4);
    EXPECT_EQ(x.extent(-3), 2);
}

TEST(Tensor, IsTheNumberZeroByDefault) {
    EXPECT_EQ(Tensor().shape(), Shape{});
    EXPECT_EQ(Tensor().item(), 0.0);
}

TEST(Tensor, IsFilledWithOneValue) {
    expect_tensor(Tensor::full({2, 2}, 7.5, DType::float64), {2, 2}, {7.5, 7.5, 7.5, 7.5});
    expect_tensor(Tensor::zeros({3}), {3}, {0, 0, 0});
    expect_tensor(Tensor::ones({3}), {3}, {1, 1, 1});
    EXPECT_EQ(Tensor::ones({3}).dtype(), DType::float32);
}

TEST(Tensor, RoundsToItsElementType) {
    EXPECT_EQ(Tensor({1}, {0.1})[0], static_cast<double>(0.1F));
    EXPECT_EQ(doubles({1}, {0.1})[0], 0.1);
}

TEST(Tensor, MayHaveNoElements) {
    const Tensor x({2, 0, 3}, std::vector<double>{});
    EXPECT_EQ(x.size(), 0);
    EXPECT_TRUE(x.to_vector().empty());
    EXPECT_TRUE(identical(x, Tensor::zeros({2, 0, 3})));
}

TEST(Tensor, LiesAtAMultipleOf64Bytes) {
    for (const Index size : {1, 3, 100, 4097}) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Tensor::zeros({size}).data<float>().data()) % 64, 0U);
    }
}

TEST(Tensor, ChangesTypeByCasting) {
    const Tensor x = doubles({3}, {0.1, -2.5, 1e300});
    expect_tensor(x.cast(DType::float32), {3}, {0.1F, -2.5, std::numeric_limits<double>::infinity()});
    EXPECT_EQ(x.cast(DType::float32).dtype(), DType::float32);
    EXPECT_TRUE(identical(x.cast(DType::float64), x));
    EXPECT_EQ(Tensor({1}, {0.1}).cast(DType::float64)[0], static_cast<double>(0.1F));
}

TEST(Tensor, SharesItsElementsWhenCopiedOrReshaped) {
    const Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
    const Tensor copy = x, reshaped = x.reshaped({3, 2});
    EXPECT_EQ(copy.data<float>().data(), x.data<float>().data());
    EXPECT_EQ(reshaped.data<float>().data(), x.data<float>().data());
}

TEST(Tensor, IsNotChangedByEditingItsCopy) {
    const Tensor x({3}, {1, 2, 3});
    Tensor copy = x;
    copy.edit<float>()[1] = 20.0F;
    expect_tensor(x, {3}, {1, 2, 3});
    expect_tensor(copy, {3}, {1, 20, 3});
}

TEST(Tensor, IsEditedInPlaceWhereNobodySharesIt) {
    Tensor x = doubles({3}, {1, 2, 3});
    const double* const before = x.data<double>().data();
    x.edit<double>()[0] = 10.0;
    EXPECT_EQ(x.data<double>().data(), before);
    expect_tensor(x, {3}, {10, 2, 3});
}

TEST(Tensor, ReshapesToWhatIsLeft) {
    const Tensor x = Tensor::zeros({2, 3, 4});
    EXPECT_EQ(x.reshaped({-1}).shape(), Shape{24});
    EXPECT_EQ(x.reshaped({6, -1}).shape(), (Shape{6, 4}));
    EXPECT_EQ(x.reshaped({-1, 24, 1}).shape(), (Shape{1, 24, 1}));
    EXPECT_EQ(Tensor::zeros({0, 3}).reshaped({3, -1}).shape(), (Shape{3, 0}));
    EXPECT_EQ(Tensor::zeros({1}).reshaped({}).shape(), Shape{});
}

TEST(Tensor, RefusesToReshapeToAnotherCount) {
    const Tensor x = Tensor::zeros({2, 3});
    EXPECT_REFUSAL(x.reshaped({3, 6148914691236517206}),
                   "Tensor: a shape has too many elements; got [3, 6148914691236517206]");
    EXPECT_REFUSAL(x.reshaped({4}), "reshape: the number of elements must stay; got [2, 3] to [4]");
    EXPECT_REFUSAL(x.reshaped({-1, 4}), "reshape: the number of elements must stay; got [2, 3] to [-1, 4]");
}

TEST(Tensor, RefusesToReshapeToNegativeExtents) {
    const Tensor x = Tensor::zeros({2, 3});
    const std::string refusal = "reshape: one extent may be -1 and no other negative; got [2, 3] to ";
    EXPECT_REFUSAL(x.reshaped({-1, -1}), refusal + "[-1, -1]");
    EXPECT_REFUSAL(x.reshaped({-2, -3}), refusal + "[-2, -3]");
}

TEST(Tensor, RefusesAWrongNumberOfElements) {
    EXPECT_REFUSAL(Tensor({2, 2}, {1, 2, 3}), "Tensor: shape [2, 2] has 4 elements; got 3");
}

TEST(Tensor, RefusesNegativeExtents) {
    EXPECT_REFUSAL(Tensor::zeros({2, -1}), "Tensor: an extent is negative; got shape [2, -1]");
    EXPECT_REFUSAL(Tensor::zeros({-2, -3}), "Tensor: an extent is negative; got shape [-2, -3]");
}

TEST(Tensor, RefusesToBeReadAsTheOtherType) {
    const Tensor x = Tensor::zeros({2});
    EXPECT_REFUSAL(x.data<double>(), "Tensor::data: element type is float32; got float64");
}

TEST(Tensor, RefusesElementsThatDoNotExist) {
    const Tensor x = Tensor::zeros({2, 3});
    EXPECT_REFUSAL(x[6], "Tensor: element 6 does not exist; got shape [2, 3]");
    EXPECT_REFUSAL(x[-1], "Tensor: element -1 does not exist; got shape [2, 3]");
}

TEST(Tensor, HasAnItemOnlyIfItHasOneElement) {
    EXPECT_EQ(Tensor({1, 1}, {3}).item(), 3.0);
    EXPECT_REFUSAL(Tensor::zeros({2}).item(), "Tensor::item: there must be one element; got shape [2]");
    EXPECT_REFUSAL(Tensor::zeros({0}).item(), "Tensor::item: there must be one element; got shape [0]");
}

TEST(Tensor, IsIdenticalToTheSameShapeTypeAndBitsOnly) {
    const Tensor x({2}, {1, 2});
    EXPECT_TRUE(identical(x, Tensor({2}, {1, 2})));
    EXPECT_FALSE(identical(x, Tensor({2}, {1, 3})));
    EXPECT_FALSE(identical(x, Tensor({1, 2}, {1, 2})));
    EXPECT_FALSE(identical(x, doubles({2}, {1, 2})));
    EXPECT_FALSE(identical(Tensor({1}, {0.0}), Tensor({1}, {-0.0})));
}

TEST(Tensor, SaysWhichShapeThereIsNotEnoughMemoryFor) {
    static_assert(!std::is_base_of_v<Error, SystemFailure>, "what is passed over for an Error is not for this");
    try {
        Tensor::zeros({Index{1} << 30, 1 << 20});
        FAIL() << "no error";
    } catch (const SystemFailure& error) {
        EXPECT_STREQ(error.what(), "Tensor: there is not enough memory; got shape [1073741824, 1048576]");
    }
}

TEST(Tensor, RequiresOneElementTypeOfTwoOperands) {
    EXPECT_NO_THROW(require_same_dtype("add", Tensor(), Tensor()));
    EXPECT_REFUSAL(require_same_dtype("add", Tensor(), doubles({}, {0})),
                   "add: operands differ in element type; got float32 and float64");
}

TEST(Tensor, RefusesAxesThatDoNotExist) {
    const Tensor x = Tensor::zeros({3, 4});
    EXPECT_EQ(x.extent(-2), 3);
    EXPECT_REFUSAL(x.extent(2), "extent: there is no axis 2 in [3, 4]");
    EXPECT_REFUSAL(Tensor().extent(-1), "extent: there is no axis -1 in []");
}

}  // namespace
}  // namespace adjoint
