// Truths about taking and putting back: which element goes where, that each is the other's adjoint, and what is
// refused.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/derivatives.h"
#include "tests/support/random_forms.h"
#include "tests/support/threads.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

// Two items of six elements, of each of which three are taken: one of the first item's twice.
const Places places({2, 2, 3}, {2, 3}, {5, 0, 5, 1, 2, 3});

class Indexing : public testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(In, Indexing, testing::Values(DType::float32, DType::float64), TypeName());

TEST_P(Indexing, TakesEachElementFromItsOwnItem) {
    const Tensor x({2, 2, 3}, {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15}, GetParam());
    expect_tensor(take(x, places), {2, 3}, {5, 0, 5, 11, 12, 13});
}

TEST_P(Indexing, PutsBackAddingWhereTwoMeet) {
    const Tensor y({2, 3}, {1, 2, 4, 8, 16, 32}, GetParam());
    expect_tensor(put(y, places), {2, 2, 3}, {2, 0, 0, 0, 0, 5, 0, 8, 16, 32, 0, 0});
}

// Places drawn at random in batches of four items.
Places random_places(Index whole, Index taken, const Random& random) {
    std::vector<Index> indices(static_cast<std::size_t>(4 * taken));
    for (std::size_t i = 0; i < indices.size(); ++i) {
        indices[i] = static_cast<Index>(random.below(static_cast<std::uint64_t>(whole), i));
    }
    return Places({4, whole}, {4, taken}, indices);
}

TEST(Put, IsTheAdjointOfTakeExactlyInIntegers) {
    for (const auto& [whole, taken] : {std::pair(5, 9), {7, 3}, {1, 4}}) {
        const Places p = random_places(whole, taken, Random(1));
        const Variable x = random_integers({4, whole}, Random(2)), y = random_integers({4, taken}, Random(3));
        EXPECT_EQ(sum(take(x, p) * y).item(), sum(x * put(y, p)).item());
    }
}

TEST(Take, IsUndoneByPutWhereEachElementIsTakenOnce) {
    const Places reversed({2, 3}, {2, 3}, {2, 1, 0, 2, 1, 0});
    const Variable x = Tensor({2, 3}, {1, 2, 3, 4, 5, 6});
    expect_tensor(take(x, reversed), {2, 3}, {3, 2, 1, 6, 5, 4});
    expect_equal(put(take(x, reversed), reversed), x);
}

TEST(Put, GivesTheSameBitsOnAnyNumberOfThreads) {
    const Places p = random_places(50, 40'000, Random(4));
    const Tensor y = Random(5).normal({4, 40'000});
    const auto with_threads = [&](int count) {
        const WithThreads threads(count);
        return put(y, p).value();
    };
    EXPECT_TRUE(identical(with_threads(1), with_threads(7)));
}

TEST(Indexing, HasDerivativesToSecondOrder) {
    const Tensor x = Random(1).normal({2, 2, 3}, DType::float64), y = Random(2).normal({2, 3}, DType::float64);
    expect_derivatives([](const Inputs& in) { return take(in[0], places); }, {x});
    expect_derivatives([](const Inputs& in) { return put(in[0], places); }, {y});
}

TEST(PlacesRefusal, OfIndicesThatAnItemDoesNotHave) {
    const auto refusal = [](std::vector<Index> indices) { return error_of([&] { Places({2, 3}, {2, 1}, indices); }); };
    EXPECT_EQ(refusal({2, 3}), "Places: an index must be one of the 3 of an item; got 3");
    EXPECT_EQ(refusal({-1, 0}), "Places: an index must be one of the 3 of an item; got -1");
    EXPECT_EQ(refusal({0}), "Places: there must be 2 indices; got 1");
    EXPECT_EQ(error_of([] {
                  Places({2, 3}, {3, 1}, {0, 0, 0});
              }),
              "Places: both shapes must begin with the same number of items; got [2, 3] and [3, 1]");
}

TEST(IndexingRefusal, OfOtherShapesThanThePlacesAreFor) {
    EXPECT_EQ(error_of([] { take(Tensor::zeros({2, 6}), places); }), "take: the places are in [2, 2, 3]; got [2, 6]");
    EXPECT_EQ(error_of([] { put(Tensor::zeros({6}), places); }), "put: the places are for [2, 3]; got [6]");
}

}  // namespace
}  // namespace adjoint
