// Truths about the pen: it leaves as much ink as its line has area, where the line is.
#include "datasets/pen.h"

#include <gtest/gtest.h>
#include <numbers>
#include <numeric>

namespace adjoint {
namespace {

double total(const std::vector<float>& pixels) { return std::accumulate(pixels.begin(), pixels.end(), 0.0); }

TEST(Pen, InksTheAreaOfALine) {
    constexpr double length = 13, radius = 2;
    const double area = 2 * radius * length + std::numbers::pi * radius * radius;
    const std::vector<PenDab> straight{{4, 10, radius, true}, {4 + length, 10, radius}};
    const std::vector<PenDab> slanted{{4, 5, radius, true}, {4 + length * 0.8, 5 + length * 0.6, radius}};
    EXPECT_NEAR(total(ink(straight, 20, 1)), area, 0.02 * area);
    EXPECT_NEAR(total(ink(slanted, 20, 1)), area, 0.02 * area);
}

TEST(Pen, LeavesNothingBetweenStrokes) {
    const std::vector<PenDab> two_dots{{3, 3, 1, true}, {3, 3, 1}, {16, 16, 1, true}, {16, 16, 1}};
    const std::vector<float> pixels = ink(two_dots, 20, 1);
    EXPECT_EQ(pixels[10 * 20 + 10], 0.0f);
    EXPECT_NEAR(total(pixels), 2 * std::numbers::pi, 0.3);
}

TEST(Pen, InksACrossingOnce) {
    const std::vector<PenDab> there_and_back{{4, 10, 2, true}, {16, 10, 2}, {4, 10, 2}};
    const std::vector<PenDab> there(there_and_back.begin(), there_and_back.begin() + 2);
    EXPECT_EQ(ink(there_and_back, 20, 1), ink(there, 20, 1));
}

TEST(Pen, FitsADrawingIntoTheMiddleOfItsBox) {
    std::vector<PenDab> dabs{{-50, 30, 5, true}, {40, 70, 5}};
    fit_to_box(dabs, 20);
    EXPECT_NEAR(dabs[0].x - dabs[0].radius, 0, 1e-12);
    EXPECT_NEAR(dabs[1].x + dabs[1].radius, 20, 1e-12);
    EXPECT_NEAR((dabs[0].y + dabs[1].y) / 2, 10, 1e-12);
    EXPECT_NEAR(dabs[0].radius, 1, 1e-12);
}

}  // namespace
}  // namespace adjoint
