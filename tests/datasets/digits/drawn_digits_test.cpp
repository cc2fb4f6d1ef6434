// Truths about drawn digits: they are pure in (seed, index), evenly labelled, framed like MNIST, varied, and true to
// their labels; and the pen leaves as much ink as its line has area, where the line is.
#include "datasets/digits/drawn_digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iterator>
#include <numbers>
#include <numeric>
#include <vector>

#include "datasets/digits/digit_skeletons.h"
#include "tests/support/threads.h"

namespace adjoint {
namespace {

constexpr int side = 28;

struct Image {
    int label = -1;
    std::array<float, side * side> pixels{};

    float at(int row, int column) const { return pixels[static_cast<std::size_t>(row * side + column)]; }
    bool operator==(const Image&) const = default;
};

Image draw(std::uint64_t seed, std::uint64_t index) {
    Image image;
    image.label = draw_digit(seed, index, image.pixels);
    return image;
}

std::vector<Image> draw_many(std::uint64_t seed, int count) {
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) images.push_back(draw(seed, static_cast<std::uint64_t>(i)));
    return images;
}

double mean_difference(const Image& a, const Image& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
    return sum / static_cast<double>(a.pixels.size());
}

TEST(DrawnDigits, AreAFunctionOfSeedAndIndex) {
    Image image;
    image.pixels.fill(0.5f);  // which is written over
    image.label = draw_digit(7, 3, image.pixels);
    draw(8, 9);
    EXPECT_EQ(draw(7, 3), image);
}

TEST(DrawnDigits, AreTheSameOnEveryThread) {
    const std::vector<Image> expected = draw_many(7, 64);
    std::vector<Image> drawn(64);
    const WithThreads with(4);
    parallel_for(64, [&](Index i) { drawn[static_cast<std::size_t>(i)] = draw(7, static_cast<std::uint64_t>(i)); });
    EXPECT_EQ(drawn, expected);
}

// Nor may one seed's images be another's in a different order.
TEST(DrawnDigits, DifferFromIndexToIndexAndFromSeedToSeed) {
    std::vector<Image> images = draw_many(7, 300);
    std::ranges::copy(draw_many(8, 100), std::back_inserter(images));
    for (std::size_t i = 0; i < images.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_GT(mean_difference(images[i], images[j]), 0.01) << "images " << j << ", " << i;
}

TEST(DrawnDigits, HaveUniformLabels) {
    constexpr int images = 1000;
    std::array<int, 10> counts{};
    for (const Image& image : draw_many(7, images)) ++counts.at(static_cast<std::size_t>(image.label));
    double chi_square = 0;
    for (const int count : counts) chi_square += std::pow(count - images / 10.0, 2) / (images / 10.0);
    EXPECT_LT(chi_square, 27.9);  // exceeded by one in a thousand, at nine degrees of freedom
}

// Whole pixels allow half a pixel to either side of pixel 14; none of it may be a habit.
TEST(DrawnDigits, AreFramedLikeMnist) {
    constexpr int images = 1000;
    double mean_x = 0, mean_y = 0;
    for (const Image& image : draw_many(7, images)) {
        const auto [lowest, highest] = std::ranges::minmax(image.pixels);
        EXPECT_EQ(lowest, 0.0f);
        EXPECT_GT(highest, 0.7f);
        EXPECT_LE(highest, 1.0f);
        double mass = 0, x = 0, y = 0;
        int left = side, right = -1, top = side, bottom = -1;
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column) {
                if (image.at(row, column) == 0) continue;
                const auto outer = [](int k) { return k < 2 || k >= side - 2; };
                EXPECT_FALSE(outer(row) && outer(column)) << "a corner";
                mass += image.at(row, column);
                x += image.at(row, column) * column;
                y += image.at(row, column) * row;
                left = std::min(left, column), right = std::max(right, column);
                top = std::min(top, row), bottom = std::max(bottom, row);
            }
        EXPECT_EQ(std::max(right - left, bottom - top) + 1, 20);
        EXPECT_NEAR(x / mass, 14, 1);
        EXPECT_NEAR(y / mass, 14, 1);
        mean_x += x / mass / images;
        mean_y += y / mass / images;
    }
    EXPECT_NEAR(mean_x, 14, 0.05);
    EXPECT_NEAR(mean_y, 14, 0.05);
}

// The crudest of classifiers: which digit's mean image is nearest?
TEST(DrawnDigits, OfOneLabelLookAlike) {
    std::array<Image, 10> means{};
    std::array<float, 10> counts{};
    for (const Image& image : draw_many(7, 3000)) {
        const auto label = static_cast<std::size_t>(image.label);
        ++counts[label];
        for (std::size_t i = 0; i < image.pixels.size(); ++i)
            means[label].pixels[i] += (image.pixels[i] - means[label].pixels[i]) / counts[label];
    }
    const auto squared_distance = [](const Image& a, const Image& b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(a.pixels[i] - b.pixels[i], 2);
        return sum;
    };
    int right = 0;
    for (const Image& image : draw_many(8, 1000)) {
        const auto nearest =
            std::ranges::min_element(means, {}, [&](const Image& mean) { return squared_distance(mean, image); });
        right += nearest - means.begin() == image.label;
    }
    EXPECT_GT(right, 700);
}

TEST(DrawnDigits, CalledOneTakeTheLeastInkAndThoseCalledZeroLeaveTheMiddleBlank) {
    std::array<double, 10> ink{}, middle{}, counts{};
    for (const Image& image : draw_many(7, 1000)) {
        const auto label = static_cast<std::size_t>(image.label);
        ++counts[label];
        for (const float pixel : image.pixels) ink[label] += pixel;
        middle[label] += image.at(14, 14);
    }
    for (std::size_t label = 0; label < 10; ++label) {
        EXPECT_GE(ink[label] / counts[label], ink[1] / counts[1]) << "label " << label;
        EXPECT_GE(middle[label] / counts[label], middle[0] / counts[0]) << "label " << label;
    }
}

// One of some ten thousand: its mass is so low in its box that this lies at the upper edge.
TEST(DrawnDigits, ReachTheEdgeWhereTheirCentreOfMassAsksForIt) {
    const Image low = draw(6, 2880);
    double ink = 0;
    for (int column = 0; column < side; ++column) ink += low.at(0, column);
    EXPECT_NEAR(ink, 1.8, 0.1);
}

// Who trains on the digits of a seed trains on the same ones tomorrow.
TEST(DrawnDigits, StayWhatTheyAre) {
    struct Moments {
        double images = 0, ink = 0, rows = 0, columns = 0;  // of one label; ink times row² and column²
    };
    std::array<Moments, 10> drawn{};
    for (const Image& image : draw_many(7, 1000)) {
        Moments& label = drawn.at(static_cast<std::size_t>(image.label));
        ++label.images;
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column) {
                label.ink += image.at(row, column);
                label.rows += image.at(row, column) * row * row;
                label.columns += image.at(row, column) * column * column;
            }
    }
    const std::array<Moments, 10> expected = {{{75, 10453.1663, 2372048.995, 2316181.198},
                                               {93, 5586.3397, 1276301.626, 1142537.691},
                                               {120, 14476.1123, 3324733.425, 3130286.042},
                                               {112, 13347.0010, 3104562.146, 2826231.411},
                                               {92, 9684.3224, 2101959.830, 2080411.296},
                                               {105, 10916.9635, 2531328.339, 2335450.352},
                                               {111, 12054.2279, 2691323.603, 2548075.217},
                                               {97, 8575.6685, 1946470.092, 1801990.071},
                                               {94, 10938.9423, 2497511.517, 2283002.643},
                                               {101, 10037.9688, 2226379.734, 2106764.594}}};
    for (std::size_t label = 0; label < 10; ++label) {
        const Moments &is = drawn[label], &was = expected[label];
        EXPECT_EQ(is.images, was.images) << label;
        EXPECT_NEAR(is.ink, was.ink, 1e-6 * was.ink) << label;
        EXPECT_NEAR(is.rows, was.rows, 1e-6 * was.rows) << label;
        EXPECT_NEAR(is.columns, was.columns, 1e-6 * was.columns) << label;
    }
}

TEST(DigitSkeletons, OfferSeveralWaysToWriteEachDigit) {
    for (int digit = 0; digit < 10; ++digit) {
        EXPECT_GE(digit_skeletons(digit).size(), 3u) << "digit " << digit;
        for (const Skeleton& skeleton : digit_skeletons(digit)) {
            EXPECT_GT(skeleton.share, 0) << "digit " << digit;
            for (const Stroke& stroke : skeleton.strokes) {
                EXPECT_GE(stroke.size(), 2u) << "digit " << digit;
                for (const PenPoint& p : stroke)
                    EXPECT_TRUE(p.x >= 0 && p.x <= 120 && p.y >= 0 && p.y <= 120) << "digit " << digit;
            }
        }
    }
}

// ---- the pen

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

TEST(Pen, InksPixelsAtTheEdges) {
    const std::vector<PenDab> line{{0, 0, 3, true}, {20, 20, 3}};
    const std::vector<float> pixels = ink(line, 20, 1);
    EXPECT_EQ(pixels.front(), 1.0f);
    EXPECT_EQ(pixels.back(), 1.0f);
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
