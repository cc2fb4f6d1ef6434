// Truths about random numbers: they are the published function of (seed, stream, index), the same one by one and as
// tensors, distributed as they should be, and independent between streams.
#include "framework/tensor/random.h"

#include <cmath>
#include <fmt/ranges.h>
#include <set>

#include "tests/support/values.h"

namespace adjoint {
namespace {

// The answers that Random123 publishes for philox4x32 with 10 rounds (kat_vectors).
TEST(Random, GivesThePublishedBitsForZeroCounterAndKey) {
    EXPECT_EQ(Random({.seed = 0, .stream = 0}).bits(0), 0xe169c58d6627e8d5U);
    EXPECT_EQ(Random({.seed = 0, .stream = 0}).bits(1), 0x9b00dbd8bc57ac4cU);
}

// A stream's number is half a Philox block, the second half where its own number has the high bit. The block's counter
// gets that bit, which both other published counters have.
TEST(Random, NamesStreamsByThePublishedBitsForAllOnes) {
    const std::uint64_t ones = ~std::uint64_t{0};
    EXPECT_EQ(Random({.seed = ones, .stream = ones}).stream(ones).bits(5),
              Random({.seed = ones, .stream = 0x6d5451fda20bc7c6U}).bits(5));
}

TEST(Random, NamesStreamsByThePublishedBitsForTheDigitsOfPi) {
    const std::uint64_t key = 0x299f31d0a4093822U, low = 0x05a308d3243f6a88U, high = 0x0370734413198a2eU;
    EXPECT_EQ(Random({.seed = key, .stream = high}).stream(low).bits(5),
              Random({.seed = key, .stream = 0x94fdccebd16cfe09U}).bits(5));
}

TEST(Random, IsAFunctionOfSeedStreamAndIndex) {
    const Random random({.seed = 7, .stream = 3});
    EXPECT_EQ(random.bits(1000), Random({.seed = 7, .stream = 3}).bits(1000));
    const std::set<std::uint64_t> all = {random.bits(1000),
                                         random.bits(1001),
                                         Random({.seed = 8, .stream = 3}).bits(1000),
                                         Random({.seed = 7, .stream = 4}).bits(1000),
                                         random.stream(0).bits(1000),
                                         random.stream(1).bits(1000)};
    EXPECT_EQ(all.size(), 6U);
}

TEST(Random, TakesBracesForAShape) {
    const Random random(7);
    EXPECT_TRUE(identical(random.normal({3}), random.normal(Shape{3})));
    EXPECT_TRUE(identical(random.uniform({3}, DType::float64, 5), random.uniform(Shape{3}, DType::float64, 5)));
    EXPECT_EQ(random.normal({}).shape(), Shape{});
    EXPECT_EQ(random.normal({2, 3}).shape(), (Shape{2, 3}));
    EXPECT_EQ(random.normal(3), random.normal({4}, DType::float64)[3]);
}

TEST(Random, HasElementsAtTheFarEndOfAStream) {
    const Random random(1);
    EXPECT_NE(random.bits(~std::uint64_t{0}), random.bits(~std::uint64_t{0} - 1));
    EXPECT_NE(random.bits(std::uint64_t{1} << 40), random.bits(0));
}

TEST(Random, GivesTheSameStreamForTheSameName) {
    EXPECT_EQ(Random(5).stream(9).bits(3), Random(5).stream(9).bits(3));
    EXPECT_EQ(Random(5).stream(9).stream(2).bits(3), Random(5).stream(9).stream(2).bits(3));
    EXPECT_NE(Random(5).stream(9).stream(2).bits(3), Random(5).stream(2).stream(9).bits(3));
}

TEST(Random, FillsTensorsWithTheElementsOfItsStream) {
    const Random random({.seed = 11, .stream = 2});
    const Tensor uniform = random.uniform(Shape{3, 5}, DType::float64, 7);
    const Tensor normal = random.normal(Shape{3, 5}, DType::float64, 7);
    for (Index i = 0; i < 15; ++i) {
        EXPECT_EQ(uniform[i], random.uniform(static_cast<std::uint64_t>(i) + 7));
        EXPECT_EQ(normal[i], random.normal(static_cast<std::uint64_t>(i) + 7));
    }
}

TEST(Random, RoundsTheSameElementsForFloat32) {
    const Random random({.seed = 11, .stream = 2});
    EXPECT_TRUE(
        identical(random.uniform(Shape{1000}), random.uniform(Shape{1000}, DType::float64).cast(DType::float32)));
    EXPECT_TRUE(identical(random.normal(Shape{1000}, DType::float32, 3),
                          random.normal(Shape{1000}, DType::float64, 3).cast(DType::float32)));
}

TEST(Random, GoesOnWhereAnotherTensorStopped) {
    const Random random(4);
    const Tensor whole = random.normal(Shape{40000});
    const Tensor rest = random.normal(Shape{20001}, DType::float32, 19999);
    for (Index i = 0; i < rest.size(); i += 7) ASSERT_EQ(rest[i], whole[i + 19999]);
}

TEST(Random, MakesUniformNumbersInsideTheOpenUnitInterval) {
    for (const DType dtype : {DType::float32, DType::float64}) {
        const Tensor x = Random(1).uniform(Shape{200000}, dtype);
        for (Index i = 0; i < x.size(); ++i) {
            ASSERT_GT(x[i], 0.0);
            ASSERT_LT(x[i], 1.0);
        }
    }
}

TEST(Random, DoesNotRoundUniformNumbersUpToOne) {
    const Random random(3);
    const std::uint64_t index = 9505346;  // found by searching: one element in 2²⁵ is so near to 1
    ASSERT_EQ(static_cast<float>(random.uniform(index)), 1.0F);
    EXPECT_EQ(random.uniform(Shape{1}, DType::float32, index)[0], 1.0 - 0x1p-24);
}

// The mean of x^power, whose expectation and deviation are known, must be within five standard errors.
void expect_moment(const Tensor& x, int power, double expected, double deviation) {
    double total = 0;
    for (const double element : x.to_vector()) total += std::pow(element, power);
    const double count = static_cast<double>(x.size());
    EXPECT_NEAR(total / count, expected, 5 * deviation / std::sqrt(count)) << "moment " << power;
}

TEST(Random, HasTheMomentsOfTheUniformDistribution) {
    const Tensor x = Random(21).uniform(Shape{200000}, DType::float64);
    for (int power = 1; power <= 4; ++power) {
        const double variance = 1.0 / (2 * power + 1) - 1.0 / ((power + 1) * (power + 1));
        expect_moment(x, power, 1.0 / (power + 1), std::sqrt(variance));
    }
}

TEST(Random, HasTheMomentsOfTheNormalDistribution) {
    const Tensor x = Random(22).normal(Shape{200000}, DType::float64);
    expect_moment(x, 1, 0, 1);
    expect_moment(x, 2, 1, std::sqrt(2.0));
    expect_moment(x, 3, 0, std::sqrt(15.0));
    expect_moment(x, 4, 3, std::sqrt(96.0));
}

TEST(Random, HasTheTailsOfTheNormalDistribution) {
    const Tensor x = Random(23).normal(Shape{200000}, DType::float64);
    for (const double bound : {-2.0, -1.0, 0.0, 1.0, 2.0}) {
        double below = 0;
        for (const double element : x.to_vector()) below += element < bound ? 1 : 0;
        const double p = 0.5 * std::erfc(-bound / std::sqrt(2.0)), count = static_cast<double>(x.size());
        EXPECT_NEAR(below / count, p, 5 * std::sqrt(p * (1 - p) / count)) << "below " << bound;
    }
}

double correlation(const Tensor& a, const Tensor& b) {
    double product = 0, a_square = 0, b_square = 0;
    for (Index i = 0; i < a.size(); ++i) {
        product += a[i] * b[i];
        a_square += a[i] * a[i];
        b_square += b[i] * b[i];
    }
    return product / std::sqrt(a_square * b_square);
}

TEST(Random, IsUncorrelatedBetweenStreamsSeedsAndNeighbours) {
    const Shape shape{100000};
    const double bound = 5 / std::sqrt(1e5);
    const Random random(31);
    const Tensor x = random.normal(shape, DType::float64);
    EXPECT_LT(std::abs(correlation(x, random.normal(shape, DType::float64, 1))), bound) << "with its neighbours";
    EXPECT_LT(std::abs(correlation(x, random.normal(shape, DType::float64, 2))), bound) << "with the next pair";
    EXPECT_LT(std::abs(correlation(x, Random(32).normal(shape, DType::float64))), bound) << "with another seed";
    EXPECT_LT(std::abs(correlation(x, Random({.seed = 31, .stream = 1}).normal(shape, DType::float64))), bound)
        << "with the next stream";
    EXPECT_LT(std::abs(correlation(random.stream(0).normal(shape, DType::float64),
                                   random.stream(1).normal(shape, DType::float64))),
              bound)
        << "between two named streams";
}

TEST(Random, HasAStreamOfItsOwnForEachOfAll64BitNumbers) {
    const Random random(31);
    std::set<std::uint64_t> firsts;
    for (int bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t which : {std::uint64_t{1} << bit, ~(std::uint64_t{1} << bit)}) {
            firsts.insert(random.stream(which).bits(0));
        }
    }
    EXPECT_EQ(firsts.size(), 128u);
    const Shape shape{100000};
    EXPECT_LT(std::abs(correlation(random.stream(5).normal(shape, DType::float64),
                                   random.stream(5 + (std::uint64_t{1} << 63)).normal(shape, DType::float64))),
              5 / std::sqrt(1e5));
}

TEST(Random, MakesWholeNumbersBelowABoundEquallyOften) {
    constexpr std::uint64_t bound = 7, count = 70000;
    std::vector<int> times(bound, 0);
    for (std::uint64_t i = 0; i < count; ++i) ++times.at(Random(41).below(bound, i));
    for (std::uint64_t value = 0; value < bound; ++value) {
        EXPECT_NEAR(times[value], 10000, 5 * std::sqrt(10000 * 6.0 / 7)) << "number " << value;
    }
}

TEST(Random, MakesOnlyZeroBelowOne) {
    for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(Random(1).below(1, i), 0U);
}

}  // namespace
}  // namespace adjoint
