// Truths about means and how sure they are, and about the distance of normal distributions: what it is where it has a
// closed form, and that square roots square.
#include "train/evaluation/statistics.h"

#include <cmath>

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/random.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Tensor points(std::uint64_t seed, Index count, Index n) { return Random(seed).normal({count, n}, DType::float64); }
Tensor diagonal(const std::vector<double>& values) {
    const Index n = std::ssize(values);
    std::vector<double> elements(values.size() * values.size());
    for (Index k = 0; k < n; ++k) elements[k * n + k] = values[k];
    return doubles({n, n}, elements);
}

TEST(MeanAndError, IsTheMeanAndItsStandardError) {
    const MeanAndError found = mean_and_error(std::vector<double>{1, 2, 3, 4});
    EXPECT_EQ(found.mean, 2.5);
    EXPECT_NEAR(found.error, std::sqrt(5.0 / 12), 1e-15);
    EXPECT_EQ(mean_and_error(std::vector<double>{7, 7, 7}).error, 0.0);
}

TEST(MeanAndError, OfOneValueKnowsNothingOfItsError) {
    EXPECT_EQ(mean_and_error(std::vector<double>{7}).mean, 7.0);
    EXPECT_TRUE(std::isnan(mean_and_error(std::vector<double>{7}).error));
    EXPECT_EQ(error_of([] { mean_and_error({}); }), "mean_and_error: there must be a value; got none");
}

// A chance of 0.954 for each; of 400, 382 ± 4.
TEST(MeanAndError, ComesWithinTwoErrorsOfTheTruthInNineteenOfTwentyCases) {
    int near = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const MeanAndError found = mean_and_error(Random(seed).normal({100}, DType::float64).to_vector());
        near += std::abs(found.mean) <= 2 * found.error;
    }
    EXPECT_NEAR(near, 382, 17);
}

TEST(Moments, AreTheMeanAndTheCovariance) {
    const Moments found = moments(doubles({3, 2}, {1, 0, 2, 6, 6, 3}));
    expect_tensor(found.mean, {2}, {3, 3}, 1e-12);
    expect_tensor(found.covariance, {2, 2}, {7, 1.5, 1.5, 9}, 1e-12);
    EXPECT_EQ(error_of([] { moments(points(1, 1, 2)); }),
              "moments: points must be [N, n] with N at least 2; got [1, 2]");
}

TEST(SymmetricSquareRoot, SquaresToTheMatrixAndIsSymmetric) {
    for (const auto& [count, n] :
         {std::pair<Index, Index>{3, 1}, {6, 2}, {21, 7}, {120, 40}, {5, 20}}) {  // singular at last
        const Tensor a = moments(points(1, count, n)).covariance, r = symmetric_square_root(a);
        expect_equal(matmul(r, r).value(), a, 1e-10);
        expect_equal(matmul(r, r, {.transpose_b = true}).value(), a, 1e-10);
    }
}

TEST(SymmetricSquareRoot, IsThatOfEachElementOfADiagonal) {
    expect_equal(symmetric_square_root(diagonal({4, 0, 9})), diagonal({2, 0, 3}), 1e-12);
    expect_equal(symmetric_square_root(diagonal({4, 4})), diagonal({2, 2}), 1e-12);
}

TEST(SymmetricSquareRoot, OfTwoByTwoIsWhatOneComputesByHand) {
    const double h = std::sqrt(0.5);
    expect_tensor(symmetric_square_root(doubles({2, 2}, {5, 4, 4, 5})), {2, 2}, {2, 1, 1, 2}, 1e-12);
    expect_tensor(symmetric_square_root(doubles({2, 2}, {1, -1, -1, 1})), {2, 2}, {h, -h, -h, h}, 1e-12);
}

TEST(SymmetricSquareRoot, IsOfASquare) {
    EXPECT_EQ(error_of([] { symmetric_square_root(points(1, 2, 3)); }),
              "symmetric_square_root: the matrix must be square; got [2, 3]");
}

TEST(FrechetDistance, IsZeroBetweenEqualSets) {
    const Moments a = moments(points(1, 100, 10)), singular = moments(points(2, 5, 10));
    EXPECT_NEAR(frechet_distance(a, a), 0.0, 1e-9);
    EXPECT_NEAR(frechet_distance(singular, singular), 0.0, 1e-6);
}

TEST(FrechetDistance, IsTheSquareOfAShift) {
    const Tensor x = points(1, 100, 3);
    const Variable shifted = Variable(x) + doubles({3}, {1, -2, 0.5});
    EXPECT_NEAR(frechet_distance(moments(x), moments(shifted.value())), 1 + 4 + 0.25, 1e-9);
}

TEST(FrechetDistance, AddsTheSquaredDifferencesOfDeviationsAlongCommonAxes) {
    const Tensor zero = doubles({3}, {0, 0, 0});
    EXPECT_NEAR(frechet_distance({zero, diagonal({4, 9, 1})}, {zero, diagonal({1, 25, 0})}), 1 + 4 + 1, 1e-12);
    const Tensor x = points(1, 50, 1);
    const Moments a = moments(x), b = moments((Variable(x) * 3.0).value());
    const double mean = a.mean[0], deviation = std::sqrt(a.covariance[0]);
    EXPECT_NEAR(frechet_distance(a, b), 4 * mean * mean + 4 * deviation * deviation, 1e-12);
}

// Of 2×2 matrices, trace √(A·B) = √(trace(A·B) + 2·√det(A·B)).
TEST(FrechetDistance, HasAClosedFormInThePlaneWhereNoAxesAreCommon) {
    const Moments a = moments(points(1, 9, 2)), b = moments(points(2, 9, 2));
    const Tensor product = matmul(a.covariance, b.covariance).value();
    const double determinant = product[0] * product[3] - product[1] * product[2];
    const double shift0 = a.mean[0] - b.mean[0], shift1 = a.mean[1] - b.mean[1];
    const double traces = a.covariance[0] + a.covariance[3] + b.covariance[0] + b.covariance[3];
    const double expected = shift0 * shift0 + shift1 * shift1 + traces -
                            2 * std::sqrt(product[0] + product[3] + 2 * std::sqrt(determinant));
    EXPECT_NEAR(frechet_distance(a, b), expected, 1e-12);
    EXPECT_NEAR(frechet_distance(b, a), expected, 1e-12);
}

TEST(FrechetDistance, RefusesDistributionsOfDifferentDimensions) {
    EXPECT_EQ(error_of([] { frechet_distance(moments(points(1, 5, 2)), moments(points(1, 5, 3))); }),
              "frechet_distance: both must have as many dimensions; got [2] and [3]");
}

// Everything by definition: a point is among the others where it lies no further from one of them than that one's k-th
// nearest neighbour.
TEST(PrecisionAndRecall, CountsPointsAmongTheOthers) {
    const Tensor drawn = points(1, 120, 4), real = (Variable(points(2, 100, 4)) * 0.7 + 0.2).value();
    const auto distance = [](const Tensor& a, Index i, const Tensor& b, Index j) {
        double sum = 0.0;
        for (Index c = 0; c < 4; ++c) sum += (a[i * 4 + c] - b[j * 4 + c]) * (a[i * 4 + c] - b[j * 4 + c]);
        return std::sqrt(sum);
    };
    const auto share = [&](const Tensor& some, const Tensor& others, std::size_t k) {
        Index count = 0;
        for (Index i = 0; i < some.extent(0); ++i) {
            bool among = false;
            for (Index j = 0; j < others.extent(0); ++j) {
                std::vector<double> neighbours;
                for (Index l = 0; l < others.extent(0); ++l) {
                    if (l != j) neighbours.push_back(distance(others, j, others, l));
                }
                std::ranges::sort(neighbours);
                among |= distance(some, i, others, j) <= neighbours[k - 1];
            }
            count += among;
        }
        return static_cast<double>(count) / static_cast<double>(some.extent(0));
    };
    for (const Index k : {1, 3}) {
        const auto [precision, recall] = precision_and_recall(neighbourhoods(drawn, k), neighbourhoods(real, k));
        EXPECT_EQ(precision, share(drawn, real, static_cast<std::size_t>(k)));
        EXPECT_EQ(recall, share(real, drawn, static_cast<std::size_t>(k)));
    }
}

TEST(PrecisionAndRecall, TellWhatIsMissingFromWhatIsAdded) {
    const Tensor near = points(1, 400, 3), far = (Variable(points(2, 100, 3)) + 100.0).value();
    const Neighbourhoods real = neighbourhoods(near), more = neighbourhoods(concatenate({near, far}, 0).value());
    const auto [all, also] = precision_and_recall(real, real);
    EXPECT_EQ(all, 1.0);
    EXPECT_EQ(also, 1.0);
    // A fifth of what is drawn is like nothing that is real, which is all drawn.
    const auto [precision, recall] = precision_and_recall(more, real);
    EXPECT_EQ(precision, 0.8);
    EXPECT_EQ(recall, 1.0);
    // A fifth of what is real is never drawn.
    const auto [sure, varied] = precision_and_recall(real, more);
    EXPECT_EQ(sure, 1.0);
    EXPECT_EQ(varied, 0.8);
}

TEST(PrecisionAndRecall, RefusesTooFewPointsAndThoseOfOtherDimensions) {
    EXPECT_EQ(error_of([] { neighbourhoods(points(1, 3, 2)); }),
              "neighbourhoods: there must be more than 3 points [N, n]; got [3, 2]");
    EXPECT_EQ(error_of([] { precision_and_recall(neighbourhoods(points(1, 5, 3)), neighbourhoods(points(1, 5, 2))); }),
              "precision_and_recall: both must have as many dimensions; got [5, 3] and [5, 2]");
}

}  // namespace
}  // namespace adjoint
