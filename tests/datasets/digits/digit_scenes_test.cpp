// Truths about scenes of digits: they are functions of their numbers, and their masks say where which digit's ink is.
#include "datasets/digits/digit_scenes.h"

#include <cmath>
#include <set>

#include "datasets/batches.h"
#include "datasets/digits/drawn_digits.h"
#include "tests/support/expectations.h"

namespace adjoint {
namespace {

std::shared_ptr<const Dataset> digits(Index size) {
    return std::make_shared<DigitsDataset>(DigitsDataset::Range{1, 0, size});
}

std::vector<float> scene(const DigitScenes& scenes, Index index) {
    std::vector<float> pixels(64 * 64 * 2);
    EXPECT_EQ(scenes.read(index, pixels), 0);
    return pixels;
}

TEST(DigitScenes, AreFunctionsOfTheirNumbers) {
    const DigitScenes scenes(digits(50), 10, Random(1)), again(digits(50), 10, Random(1)),
        other(digits(50), 10, Random(2));
    EXPECT_EQ(scenes.size(), 10);
    EXPECT_EQ(scenes.image_shape(), (Shape{64, 64, 2}));
    EXPECT_EQ(picture_shape(scenes), (Shape{64, 64, 1}));
    EXPECT_EQ(scene(scenes, 3), scene(again, 3));
    EXPECT_NE(scene(scenes, 3), scene(scenes, 4));
    EXPECT_NE(scene(scenes, 3), scene(other, 3));
    EXPECT_EQ(scenes.checksum(), again.checksum());
}

TEST(DigitScenes, HaveMasksOfTheDigitsThatTheyShow) {
    std::vector<float> digit(28 * 28);
    const int label = digits(1)->read(0, digit);  // the only one
    const DigitScenes scenes(digits(1), 20, Random(1));
    EXPECT_EQ(scenes.classes().size(), 11U);
    EXPECT_TRUE(scenes.masked());
    double ink = 0, ground = 0;
    Index of_ink = 0, of_ground = 0;
    for (Index i = 0; i < scenes.size(); ++i) {
        const std::vector<float> pixels = scene(scenes, i);
        std::set<float> classes;
        for (std::size_t p = 0; p < pixels.size(); p += 2) {
            EXPECT_TRUE(0 <= pixels[p] && pixels[p] <= 1);
            classes.insert(std::round(255 * pixels[p + 1]));
            (pixels[p + 1] > 0 ? ink : ground) += pixels[p];
            ++(pixels[p + 1] > 0 ? of_ink : of_ground);
        }
        EXPECT_EQ(classes, (std::set<float>{0, static_cast<float>(label + 1)}));
    }
    EXPECT_GT(ink / static_cast<double>(of_ink), 2 * ground / static_cast<double>(of_ground)) << "ink is brighter";
}

TEST(DigitScenes, RefuseImagesThatAreNoDigitsAndNumbersBeyondTheirs) {
    const DigitScenes scenes(digits(5), 2, Random(1));
    std::vector<float> pixels(64 * 64 * 2);
    EXPECT_EQ(error_of([&] { scenes.read(2, pixels); }), "DigitScenes::read: index must be from 0 to 1; got 2");
    EXPECT_EQ(error_of([&] { DigitScenes(std::make_shared<DigitScenes>(scenes), 2, Random(1)); }),
              "DigitScenes: there must be digits of 28 × 28 pixels and at least one scene");
}

}  // namespace
}  // namespace adjoint
