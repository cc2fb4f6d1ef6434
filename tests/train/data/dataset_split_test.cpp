// Truths about splits: every image is for one purpose, which one is a function of the seed, and a record knows the same
// images again wherever they are.
#include "train/data/dataset_split.h"

#include <gtest/gtest.h>
#include <set>

#include "datasets/digits/drawn_digits.h"
#include "tests/support/expectations.h"

namespace adjoint {
namespace {

std::shared_ptr<const Dataset> digits(Index size, std::uint64_t seed = 1) {
    return std::make_shared<DigitsDataset>(DigitsDataset::Range{seed, 0, size});
}

/// The bytes of each image.
std::multiset<std::vector<float>> images_of(const Dataset& dataset) {
    std::multiset<std::vector<float>> images;
    std::vector<float> pixels(28 * 28);
    for (Index i = 0; i < dataset.size(); ++i) {
        dataset.read(i, pixels);
        images.insert(pixels);
    }
    return images;
}

TEST(Fraction, IsAPartOfOne) {
    EXPECT_EQ(parse_fraction("1/12"), 1.0 / 12);
    EXPECT_EQ(parse_fraction("0.25"), 0.25);
    EXPECT_EQ(parse_fraction("0"), 0.0);
    for (const char* text : {"", "1", "2/1", "-0.1", "x", "1/0", "0.1x", "1/12/2", "nan"}) {
        EXPECT_FALSE(parse_fraction(text)) << text;
    }
}

TEST(Split, TakesEveryImageForOnePurpose) {
    Datasets data = split_test(digits(60));
    EXPECT_EQ(data.test->size(), 5);
    split_validation(data, 0.2, Random(3));
    EXPECT_EQ(data.validation->size(), 11);
    EXPECT_EQ(data.training->size(), 44);
    std::multiset<std::vector<float>> all;
    for (const auto& part : {data.training, data.validation, data.test}) all.merge(images_of(*part));
    EXPECT_EQ(all, images_of(*digits(60)));
}

TEST(Split, IsAFunctionOfTheSeed) {
    const auto chosen = [](std::uint64_t seed) {
        Datasets data = split_test(digits(60));
        split_validation(data, 0.2, Random(seed));
        return images_of(*data.validation);
    };
    EXPECT_EQ(chosen(3), chosen(3));
    EXPECT_NE(chosen(3), chosen(4));
}

TEST(Split, LeavesNothingOutWhereNothingIsToDecide) {
    Datasets data = split_test(digits(24));
    split_validation(data, 0.0, Random(1));
    EXPECT_FALSE(data.validation);
    EXPECT_EQ(data.training->size(), 22);
}

TEST(Split, TakesAnImageHoweverSmallThePartAndRefusesToTakeTheLast) {
    Datasets data = split_test(digits(3));
    split_validation(data, 1e-6, Random(1));
    EXPECT_EQ(data.validation->size(), 1);
    Datasets one = {.name = "few", .training = digits(1), .test = digits(1)};
    EXPECT_REFUSAL(split_validation(one, 0.1, Random(1)),
                   "few: there must be two training images or more, one of them for validation; got 1");
}

TEST(Record, KnowsTheSameImagesAgain) {
    const auto record = [](std::uint64_t seed, Index size, std::uint64_t split, const char* directory) {
        Datasets data = split_test(digits(size, seed));
        data.name = "digits";
        data.directory = directory;
        split_validation(data, 0.2, Random(split));
        return data.record();
    };
    const DataRecord first = record(1, 60, 1, "/here");
    EXPECT_EQ(first.classes, ten_classes());
    EXPECT_EQ(first.image_shape, (Shape{28, 28, 1}));
    EXPECT_TRUE(first.same_images(record(1, 60, 1, "/there"))) << "elsewhere";
    EXPECT_FALSE(first.same_images(record(2, 60, 1, "/here"))) << "other images";
    EXPECT_FALSE(first.same_images(record(1, 72, 1, "/here"))) << "more images";
    EXPECT_FALSE(first.same_images(record(1, 60, 2, "/here"))) << "for other purposes";
}

TEST(OneBatch, IsTrainedOnAndTestedWith) {
    const Datasets data = one_batch_of({.name = "digits", .training = digits(20), .test = digits(4)}, 6, Random(1));
    EXPECT_EQ(data.training->size(), 18);
    EXPECT_EQ(images_of(*data.test).size(), 6u);
    EXPECT_EQ(images_of(*data.validation), images_of(*data.test));
    const auto trained = images_of(*data.training);
    EXPECT_EQ(std::set(trained.begin(), trained.end()).size(), 6u);
}

}  // namespace
}  // namespace adjoint
