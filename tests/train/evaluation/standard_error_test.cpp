// Truths about means and how sure they are.
#include "train/evaluation/standard_error.h"

#include <cmath>
#include <vector>

#include "framework/tensor/random.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

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

}  // namespace
}  // namespace adjoint
