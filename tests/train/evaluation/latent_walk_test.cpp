// Truths about walks between latents: both ends are in them, steps are even, and an arc keeps the length.
#include "train/evaluation/latent_walk.h"

#include <cmath>
#include <numbers>

#include "tests/support/values.h"

namespace adjoint {
namespace {

TEST(StraightWalk, TakesEvenStepsFromEachStopToTheNext) {
    expect_tensor(straight_walk(doubles({3, 2}, {0, 0, 2, 4, 2, 0}), 3), {6, 2}, {0, 0, 1, 2, 2, 4, 2, 4, 2, 2, 2, 0},
                  1e-15);
}

TEST(ArcWalk, TurnsByTheSameAngleEachStep) {
    const Tensor walk = arc_walk(doubles({2, 2}, {2, 0, 0, 2}), 4);
    for (Index step = 0; step < 4; ++step) {
        const double angle = static_cast<double>(step) * std::numbers::pi / 6;
        EXPECT_NEAR(walk[2 * step], 2 * std::cos(angle), 1e-12);
        EXPECT_NEAR(walk[2 * step + 1], 2 * std::sin(angle), 1e-12);
    }
}

TEST(ArcWalk, BeginsAndEndsAtStopsOfAnyLength) {
    const Tensor walk = arc_walk(doubles({2, 3}, {1, 2, 3, -5, 0, 1}), 5);
    for (Index i = 0; i < 3; ++i) {
        EXPECT_NEAR(walk[i], (std::vector<double>{1, 2, 3}[static_cast<std::size_t>(i)]), 1e-12);
        EXPECT_NEAR(walk[12 + i], (std::vector<double>{-5, 0, 1}[static_cast<std::size_t>(i)]), 1e-12);
    }
}

TEST(ArcWalk, GoesStraightWhereThereIsNoArc) {
    expect_tensor(arc_walk(doubles({2, 2}, {1, 1, 3, 3}), 3), {3, 2}, {1, 1, 2, 2, 3, 3}, 1e-12);
    expect_tensor(arc_walk(doubles({2, 1}, {0, 3}), 2), {2, 1}, {0, 3}, 1e-12);
}

TEST(LatentWalks, RefuseToGoNowhere) {
    EXPECT_EQ(error_of([] {
                  straight_walk(Tensor::zeros({1, 2}), 3);
              }),
              "straight_walk: stops must be [S, n] with S at least 2; got [1, 2]");
    EXPECT_EQ(error_of([] { arc_walk(Tensor::zeros({2, 2}), 1); }), "arc_walk: a walk has at least 2 steps; got 1");
}

}  // namespace
}  // namespace adjoint
