// Truths about IDX datasets: images and labels that belong together become one, and MNIST is found by its usual names.
#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <numeric>
#include <string>

#include "datasets/idx.h"
#include "framework/tensor/error.h"
#include "tests/support/idx_files.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

// Images with their labels.

using IdxDatasetTest = IdxFiles;

TEST_F(IdxDatasetTest, ScalesBytesToUnitIntervalAndReturnsTheLabel) {
    const IdxArray images{{2, 2, 3}, {0, 51, 102, 153, 204, 255, 255, 0, 255, 0, 255, 0}};
    const IdxDataset dataset(
        {.images = write("images.gz", gzipped(encode(images))), .labels = write("labels", encode({{2}, {9, 61}}))});
    EXPECT_EQ(dataset.size(), 2);
    EXPECT_EQ(dataset.image_shape(), (Shape{2, 3, 1}));
    std::vector<float> pixels(6);
    EXPECT_EQ(dataset.read(0, pixels), 9);
    EXPECT_EQ(pixels, (std::vector<float>{0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 1.0F}));
    EXPECT_EQ(dataset.read(1, pixels), 61);
    EXPECT_EQ(pixels, (std::vector<float>{1, 0, 1, 0, 1, 0}));
}

TEST_F(IdxDatasetTest, RefusesImagesAndLabelsThatDoNotBelongTogether) {
    const fs::path images = write("images", encode(random_array({3, 4, 5})));
    const fs::path labels = write("labels", encode({{2}, {0, 1}}));
    const auto refusal_of = [](const MnistFiles& files, const fs::path& blamed) {
        return error_about<DataError>(blamed, [&] { IdxDataset{files}; });
    };
    EXPECT_EQ(refusal_of({images, labels}, labels),
              "at byte 4: expected 3 labels, one an image of " + images.string() + "; got 2");
    EXPECT_EQ(refusal_of({labels, images}, labels), "at byte 3: images [N, H, W] have rank 3; got rank 1, [2]");
    EXPECT_EQ(refusal_of({images, images}, images), "at byte 3: labels [N] have rank 1; got rank 3, [3, 4, 5]");
}

TEST_F(IdxDatasetTest, RefusesAnImageThatIsNotThereAndRoomOfAnotherSize) {
    const IdxDataset dataset(
        {.images = write("images", encode(random_array({2, 4, 5}))), .labels = write("labels", encode({{2}, {0, 1}}))});
    std::vector<float> pixels(20);
    for (const Index index : {-1, 2}) {
        EXPECT_EQ(error_of([&] { dataset.read(index, pixels); }),
                  fmt::format("IdxDataset::read: index must be from 0 to 1; got {}", index));
    }
    EXPECT_EQ(error_of([&] { dataset.read(0, std::span(pixels).first(19)); }),
              "IdxDataset::read: an image has 20 pixels; got room for 19");
}

// The usual names.

using FindMnist = IdxFiles;

TEST_F(FindMnist, AcceptsTheUsualNamesAndPlaces) {
    for (const std::string place : {".", "mnist", "MNIST/raw"}) {
        for (const std::string separator : {"-", "."}) {
            for (const std::string packing : {"", ".gz"}) {
                for (const bool training : {true, false}) {
                    const std::string half = place + (training ? "/train" : "/t10k");
                    const std::string images = half + "-images" + separator + "idx3-ubyte" + packing;
                    const std::string labels = half + "-labels" + separator + "idx1-ubyte" + packing;
                    fs::create_directories(directory_ / place);
                    write(images, {1});
                    EXPECT_FALSE(find_mnist(directory_, training)) << "without labels";
                    write(labels, {2});
                    const auto found = find_mnist(directory_, training);
                    ASSERT_TRUE(found) << images;
                    EXPECT_TRUE(fs::equivalent(found->images, directory_ / images)) << found->images;
                    EXPECT_TRUE(fs::equivalent(found->labels, directory_ / labels)) << found->labels;
                    EXPECT_FALSE(find_mnist(directory_, !training)) << "that is the other half";
                    fs::remove(directory_ / images);
                    fs::remove(directory_ / labels);
                }
            }
        }
    }
}

TEST_F(FindMnist, TakesBothFilesFromOnePlace) {
    fs::create_directories(directory_ / "mnist");
    write("train-images-idx3-ubyte", {1});
    write("mnist/train-labels-idx1-ubyte", {2});
    EXPECT_FALSE(find_mnist(directory_, true));
    EXPECT_FALSE(find_mnist(directory_ / "nowhere", true));
}

// MNIST itself, where ADJOINT_DATA_DIR says that it is at hand.

struct Half {
    bool training;
    std::array<Index, 10> labels;
    double mean_pixel;
};

void expect_mnist(const fs::path& directory, const Half& half) {
    const auto files = find_mnist(directory, half.training);
    ASSERT_TRUE(files) << "MNIST is not in " << directory;
    const IdxDataset dataset(*files);
    EXPECT_EQ(dataset.image_shape(), (Shape{28, 28, 1}));
    std::array<Index, 10> labels{};
    double sum = 0;
    std::vector<float> pixels(28 * 28);
    for (Index i = 0; i < dataset.size(); ++i) {
        ++labels.at(static_cast<std::size_t>(dataset.read(i, pixels)));
        sum += std::accumulate(pixels.begin(), pixels.end(), 0.0);
    }
    EXPECT_EQ(labels, half.labels);
    EXPECT_NEAR(sum / static_cast<double>(dataset.size() * 28 * 28), half.mean_pixel, 1e-4);
}

TEST_F(FindMnist, FindsMnistInTheDataDirectoryAndNothingInAnEmptyOne) {
    EXPECT_FALSE(find_mnist(directory_, true));
    EXPECT_FALSE(find_mnist(directory_, false));
    if (const char* data = std::getenv("ADJOINT_DATA_DIR")) {
        expect_mnist(data, {true, {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, 0.1307});
        expect_mnist(data, {false, {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, 0.1325});
    }
}

}  // namespace
}  // namespace adjoint
