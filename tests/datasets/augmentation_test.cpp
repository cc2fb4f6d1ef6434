// Truths about augmentation: what each change does to an image by its definition, that images stay images, and that
// what is changed is a function of the epoch and the image alone.
#include "datasets/augmentation.h"

#include <cmath>
#include <complex>
#include <map>
#include <numbers>
#include <set>

#include "datasets/batches.h"
#include "tests/support/expectations.h"
#include "tests/support/threads.h"

namespace adjoint {
namespace {

using Pixels = std::vector<float>;

Pixels random_pixels(const Shape& shape, std::uint64_t stream = 0) {
    const Tensor values = Random({.seed = 3, .stream = stream}).uniform(shape);
    return {values.data<float>().begin(), values.data<float>().end()};
}

Pixels distorted(const Pixels& image, const Shape& shape, const Distortion& distortion) {
    Pixels out(image.size());
    distort(image, shape, distortion, out);
    return out;
}

// Image i is random, and has label i.
class RandomImages : public Dataset {
  public:
    RandomImages(Index size, Shape shape) : size_(size), shape_(std::move(shape)) {}
    Index size() const override { return size_; }
    Shape image_shape() const override { return shape_; }
    const std::vector<std::string>& classes() const override { return ten_classes(); }
    std::uint32_t checksum() const override { return 0; }
    int read(Index index, std::span<float> pixels) const override {
        std::ranges::copy(random_pixels(shape_, static_cast<std::uint64_t>(index)), pixels.begin());
        return static_cast<int>(index);
    }

  private:
    Index size_;
    Shape shape_;
};

// ---- which changes --------------------------------------------------------------------------------------------------

TEST(Augmentation, IsSomeOfItsKindsSeparatedByCommas) {
    const auto chosen = [](const std::string& text) {
        const Augmentation a = Augmentation::parse(text);
        return std::vector<bool>{a.shift, a.flip, a.rotate, a.brightness};
    };
    EXPECT_EQ(chosen(""), (std::vector<bool>{false, false, false, false}));
    EXPECT_EQ(chosen("shift"), (std::vector<bool>{true, false, false, false}));
    EXPECT_EQ(chosen("rotate,flip"), (std::vector<bool>{false, true, true, false}));
    EXPECT_EQ(chosen("shift,flip,rotate,brightness"), (std::vector<bool>{true, true, true, true}));
}

TEST(Augmentation, RefusesWhatItDoesNotKnowAndNamesWhatItDoes) {
    for (const auto& [text, got] : std::map<std::string, std::string>{
             {"zoom", "zoom"}, {"shift,Flip", "Flip"}, {"flip, rotate", " rotate"}, {",flip", "nothing"}}) {
        EXPECT_EQ(error_of([&, text = text] { Augmentation::parse(text); }),
                  "augmentation: must be some of shift, flip, rotate, brightness, with commas between; got " + got);
    }
}

// ---- what they do ---------------------------------------------------------------------------------------------------

TEST(Distort, ChangesNoBitWhereNothingIsToBeChanged) {
    for (const Shape& shape : {Shape{28, 28, 1}, Shape{5, 8, 3}, Shape{1, 1, 1}}) {
        EXPECT_EQ(distorted(random_pixels(shape), shape, {}), random_pixels(shape));
    }
}

TEST(Distort, MovesASinglePixelDownAndToTheRight) {
    const Shape shape = {28, 28, 1};
    Pixels image(28 * 28);
    image[5 * 28 + 9] = 0.75f;
    for (const Index down : {-2, 0, 1}) {
        for (const Index right : {-1, 0, 2}) {
            Pixels expected(28 * 28);
            expected[static_cast<std::size_t>((5 + down) * 28 + 9 + right)] = 0.75f;
            EXPECT_EQ(distorted(image, shape, {.down = down, .right = right}), expected) << down << " " << right;
        }
    }
}

TEST(Distort, RepeatsTheEdgeWhereAnImageWasMovedAway) {
    const Pixels row = {0.1f, 0.2f, 0.3f, 0.4f};
    EXPECT_EQ(distorted(row, {1, 4, 1}, {.right = 2}), (Pixels{0.1f, 0.1f, 0.1f, 0.2f}));
    EXPECT_EQ(distorted(row, {4, 1, 1}, {.down = -1}), (Pixels{0.2f, 0.3f, 0.4f, 0.4f}));
}

TEST(Distort, ExchangesLeftAndRightAndTwiceIsAsBefore) {
    EXPECT_EQ(distorted({1, 0.5f, 0, 0.1f, 0.2f, 0.3f}, {1, 2, 3}, {.mirrored = true}),
              (Pixels{0.1f, 0.2f, 0.3f, 1, 0.5f, 0}));
    for (const Shape& shape : {Shape{28, 28, 1}, Shape{4, 7, 3}}) {
        const Pixels image = random_pixels(shape), once = distorted(image, shape, {.mirrored = true});
        EXPECT_NE(once, image);
        EXPECT_EQ(distorted(once, shape, {.mirrored = true}), image);
    }
}

TEST(Distort, TurnsCounterClockwise) {
    Pixels image(25), expected(25);
    image[2 * 5 + 4] = 1;  // at the right
    expected[2] = 1;       // at the top
    const Pixels turned = distorted(image, {5, 5, 1}, {.angle = std::numbers::pi / 2});
    for (std::size_t i = 0; i < 25; ++i) EXPECT_NEAR(turned[i], expected[i], 1e-6) << "pixel " << i;
}

// The image between its pixels, as a sum of a pyramid over each pixel, the edge repeated far beyond it.
double between_pixels(const Pixels& image, const Shape& shape, double row, double column, Index channel) {
    const auto beyond = [](Index i, Index size) { return std::clamp(i, Index{0}, size - 1); };
    double sum = 0.0;
    for (Index i = -30; i < shape[0] + 30; ++i) {
        for (Index j = -30; j < shape[1] + 30; ++j) {
            const double weight = std::max(0.0, 1 - std::abs(row - static_cast<double>(i))) *
                                  std::max(0.0, 1 - std::abs(column - static_cast<double>(j)));
            const Index pixel = (beyond(i, shape[0]) * shape[1] + beyond(j, shape[1])) * shape[2] + channel;
            sum += weight * image[static_cast<std::size_t>(pixel)];
        }
    }
    return sum;
}

// Places as complex numbers, x to the right and y up, from the centre.
TEST(Distort, IsItsDefinition) {
    const Shape shape = {9, 12, 2};
    const Pixels image = random_pixels(shape);
    for (const Distortion& d : {Distortion{.angle = 0.2}, Distortion{.angle = -0.26}, Distortion{.angle = 2.0},
                                Distortion{.mirrored = true, .angle = 0.1},
                                Distortion{.mirrored = true, .angle = -0.2, .down = 2, .right = -1}}) {
        const Pixels got = distorted(image, shape, d);
        for (Index i = 0; i < shape[0]; ++i) {
            for (Index j = 0; j < shape[1]; ++j) {
                const std::complex moved(static_cast<double>(j) - 5.5, 4.0 - static_cast<double>(i));
                const std::complex offset(static_cast<double>(d.right), -static_cast<double>(d.down));
                const std::complex before_turning = (moved - offset) * std::polar(1.0, -d.angle);
                const double x = d.mirrored ? -before_turning.real() : before_turning.real();
                for (Index k = 0; k < shape[2]; ++k) {
                    const double expected = between_pixels(image, shape, 4.0 - before_turning.imag(), 5.5 + x, k);
                    const auto pixel = static_cast<std::size_t>((i * shape[1] + j) * shape[2] + k);
                    EXPECT_NEAR(got[pixel], expected, 1e-6) << i << " " << j << " " << k << ", angle " << d.angle;
                }
            }
        }
    }
}

TEST(Distort, MultipliesByTheBrightnessAndStopsAtOne) {
    EXPECT_EQ(distorted({0, 0.25f, 0.5f, 1}, {1, 4, 1}, {.brightness = 1.5}), (Pixels{0, 0.375f, 0.75f, 1}));
    EXPECT_EQ(distorted({0, 0.25f, 0.5f, 1}, {1, 4, 1}, {.brightness = 0.5}), (Pixels{0, 0.125f, 0.25f, 0.5f}));
}

TEST(Distort, RefusesImagesOfAnotherShape) {
    Pixels small(5);
    EXPECT_EQ(error_of([&] {
                  distort(Pixels(6), {2, 3, 1}, {}, small);
              }),
              "distort: both images must be [H, W, C]; got 6 and 5 pixels of a shape with 3 axes");
}

// ---- a dataset of changed images ------------------------------------------------------------------------------------

struct AugmentedImages : testing::Test {
    const std::shared_ptr<const Dataset> images = std::make_shared<RandomImages>(40, Shape{16, 12, 3});
    const Augmentation all = Augmentation::parse("shift,flip,rotate,brightness");

    static Pixels read(const Dataset& dataset, Index index) {
        Pixels pixels(16 * 12 * 3);
        EXPECT_EQ(dataset.read(index, pixels), index) << "the label";
        return pixels;
    }
};

TEST_F(AugmentedImages, AreChangedAsTheirDistortionsSayAndKeepTheirShapeAndLabels) {
    const Augmented augmented(images, all, Random(1));
    EXPECT_EQ(augmented.size(), 40);
    EXPECT_EQ(augmented.image_shape(), (Shape{16, 12, 3}));
    for (Index i = 0; i < 40; ++i) {
        const Pixels changed = read(augmented, i);
        EXPECT_NE(changed, read(*images, i));
        EXPECT_EQ(changed, distorted(read(*images, i), {16, 12, 3}, augmented.distortion(i)));
        for (const float value : changed) EXPECT_TRUE(0 <= value && value <= 1) << value;
    }
}

TEST_F(AugmentedImages, AreTheOldOnesWhereNothingIsNamed) {
    const Augmented augmented(images, Augmentation::parse(""), Random(1));
    for (Index i = 0; i < 40; ++i) EXPECT_EQ(read(augmented, i), read(*images, i));
}

TEST_F(AugmentedImages, AreAFunctionOfTheSeedTheEpochAndTheImageAlone) {
    const Random epoch = Random(1).stream(4);
    const Augmented augmented(images, all, epoch), again(images, all, epoch);
    const Augmented next(images, all, Random(1).stream(5)), other(images, all, Random(2).stream(4));
    std::set<double> angles;
    for (Index i = 39; i >= 0; --i) {
        EXPECT_EQ(read(augmented, i), read(again, i));
        EXPECT_NE(read(augmented, i), read(next, i));
        EXPECT_NE(read(augmented, i), read(other, i));
        angles.insert(augmented.distortion(i).angle);
    }
    EXPECT_EQ(angles.size(), 40u) << "two images were turned alike";
}

TEST_F(AugmentedImages, AreTheSameOnAnyNumberOfThreads) {
    const auto augmented = std::make_shared<Augmented>(images, all, Random(1));
    for (const int count : {1, 2, 8}) {
        const WithThreads threads(count);
        const Batch batch = first_batch(*augmented, 40);
        const auto pixels = batch.images.data<float>();
        for (Index i = 0; i < 40; ++i) {
            const Pixels expected = read(*augmented, i);
            EXPECT_TRUE(std::equal(expected.begin(), expected.end(), pixels.begin() + i * std::ssize(expected))) << i;
        }
    }
}

TEST(Augmented, DrawsEachChangeWithinItsLimitsAndWhicheverOthersAreMade) {
    const auto images = std::make_shared<RandomImages>(4000, Shape{28, 64, 1});
    const Augmented all(images, Augmentation::parse("shift,flip,rotate,brightness"), Random(1));
    const Augmented flipped(images, {.flip = true}, Random(1)), turned(images, {.rotate = true}, Random(1));
    std::map<Index, int> down, right;
    int mirrored = 0;
    double least_angle = 0, most_angle = 0, darkest = 1, brightest = 1;
    for (Index i = 0; i < 4000; ++i) {
        const Distortion d = all.distortion(i);
        ++down[d.down];
        ++right[d.right];
        mirrored += d.mirrored ? 1 : 0;
        least_angle = std::min(least_angle, d.angle * 180 / std::numbers::pi);
        most_angle = std::max(most_angle, d.angle * 180 / std::numbers::pi);
        darkest = std::min(darkest, d.brightness);
        brightest = std::max(brightest, d.brightness);
        EXPECT_EQ(flipped.distortion(i).mirrored, d.mirrored);
        EXPECT_EQ(flipped.distortion(i).angle, 0);
        EXPECT_EQ(turned.distortion(i).angle, d.angle);
        EXPECT_FALSE(turned.distortion(i).mirrored);
    }
    ASSERT_EQ(down.size(), 5u);
    EXPECT_EQ(down.begin()->first, -2);
    for (const auto& [pixels, count] : down) EXPECT_NEAR(count, 800, 125) << pixels;  // five deviations
    ASSERT_EQ(right.size(), 9u);
    EXPECT_EQ(right.begin()->first, -4);
    for (const auto& [pixels, count] : right) EXPECT_NEAR(count, 4000.0 / 9, 100) << pixels;
    EXPECT_NEAR(mirrored, 2000, 160);
    const auto expect_reaches = [](double value, double limit, double nearly) {
        EXPECT_LE(std::abs(value), std::abs(limit));
        EXPECT_NEAR(value, limit, nearly);
    };
    expect_reaches(least_angle, -15, 0.1);
    expect_reaches(most_angle, 15, 0.1);
    expect_reaches(brightest - 1, 0.2, 0.002);
    expect_reaches(darkest - 1, -0.2, 0.002);
}

TEST(Augmented, DrawsNoChangeFromAnother) {
    constexpr Index count = 4000;
    const auto images = std::make_shared<RandomImages>(count, Shape{28, 28, 1});
    const Augmented all(images, Augmentation::parse("shift,flip,rotate,brightness"), Random(1));
    const auto events = [](const Distortion& d) {
        return std::vector<bool>{d.mirrored, d.angle > 0, d.down > 0, d.right > 0, d.brightness > 1};
    };
    for (std::size_t one = 0; one < 5; ++one) {
        for (std::size_t other = 0; other < one; ++other) {
            double first = 0, second = 0, both = 0;
            for (Index i = 0; i < count; ++i) {
                const std::vector<bool> happened = events(all.distortion(i));
                first += happened[one] ? 1 : 0;
                second += happened[other] ? 1 : 0;
                both += happened[one] && happened[other] ? 1 : 0;
            }
            EXPECT_NEAR(both, first * second / count, 80) << one << " and " << other;  // five deviations
        }
    }
}

}  // namespace
}  // namespace adjoint
