// Truths about folders of masks: which mask belongs to which picture, what its pixels say, and what is refused.
#include "datasets/masked_folder.h"

#include "tests/support/expectations.h"
#include "tests/support/image_files.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct Masks : testing::Test {
    void write(const std::string& name, const Shape& shape, const std::vector<double>& bytes) const {
        fs::create_directories((directory / name).parent_path());
        std::vector<double> values;
        for (const double byte : bytes) values.push_back(byte / 255.0);
        write_png(directory / name, Tensor(shape, values, DType::float32));
    }
    MaskedFolder open(std::vector<std::string> classes = {}) const {
        const std::string folder = directory / "pictures";
        const auto pictures =
            std::make_shared<ImageFolder>(folder, ImageFolder::Options{.image_size = 2, .channels = 1});
        return MaskedFolder(pictures, folder, directory / "masks", std::move(classes));
    }
    std::string error(std::vector<std::string> classes = {}) const {
        return error_of([&] { open(std::move(classes)); });
    }
    TemporaryDirectory directory;
};

TEST_F(Masks, AreChannelsOfTheirPictures) {
    write("pictures/b/1.png", {2, 2, 1}, {10, 20, 30, 40});
    write("masks/b/1.png", {2, 2, 1}, {0, 1, 2, 0});
    write("pictures/a.png", {2, 3, 1}, {50, 60, 70, 80, 90, 100});  // cut to its left two columns
    write("masks/a.png", {2, 3, 1}, {3, 0, 1, 1, 1, 1});
    const MaskedFolder images = open();
    EXPECT_EQ(images.image_shape(), (Shape{2, 2, 2}));
    EXPECT_EQ(images.classes(), (std::vector<std::string>{"0", "1", "2", "3"}));
    EXPECT_TRUE(images.masked());
    std::vector<float> pixels(8), expected;
    images.read(0, pixels);
    for (const float byte : {50, 3, 60, 0, 80, 1, 90, 1}) expected.push_back(byte / 255.0F);
    EXPECT_EQ(pixels, expected);
    images.read(1, pixels);
    expected.clear();
    for (const float byte : {10, 0, 20, 1, 30, 2, 40, 0}) expected.push_back(byte / 255.0F);
    EXPECT_EQ(pixels, expected);
}

TEST_F(Masks, OfBlackAndWhiteHaveTwoClasses) {
    write("pictures/1.png", {2, 2, 1}, {10, 20, 30, 40});
    write("masks/1.png", {2, 2, 1}, {0, 255, 255, 0});
    const MaskedFolder images = open();
    EXPECT_EQ(images.classes().size(), 2U);
    std::vector<float> pixels(8);
    images.read(0, pixels);
    EXPECT_EQ(pixels[3], 1.0F / 255.0F);
}

TEST_F(Masks, OfMoreClassesHaveNoWhite) {
    write("pictures/1.png", {2, 2, 1}, {10, 20, 30, 40});
    write("masks/1.png", {2, 2, 1}, {0, 255, 255, 0});
    EXPECT_EQ(error({"ground", "cat", "dog"}),
              (directory / "masks").string() + ": masks must be of 3 classes; got class 255");
    EXPECT_EQ(open({"ground", "cat"}).classes().size(), 2U);
}

TEST_F(Masks, OfFourBitsAreRefusedAsTheyWouldBeStretched) {
    write("pictures/1.png", {2, 2, 1}, {10, 20, 30, 40});
    fs::create_directories(directory / "masks");
    const IndexedPng greys = {.width = 2, .height = 2, .depth = 4, .indices = {0, 1, 2, 0}, .grey = true};
    write_bytes(directory / "masks/1.png", png_of(greys));
    EXPECT_EQ(error(), (directory / "masks/1.png").string() + ": a mask must have 8 bits a pixel, or 1; got 4");
}

TEST_F(Masks, TakeTheClassOfTheNearestPixelAndNoneBetween) {
    write("pictures/1.png", {4, 4, 1}, std::vector<double>(16, 100));
    write("masks/1.png", {4, 4, 1}, {0, 0, 0, 0, 0, 5, 0, 7, 0, 0, 0, 0, 0, 1, 0, 2});
    std::vector<float> pixels(8);
    open().read(0, pixels);
    EXPECT_EQ(pixels[1], 5 / 255.0F);
    EXPECT_EQ(pixels[3], 7 / 255.0F);
    EXPECT_EQ(pixels[5], 1 / 255.0F);
    EXPECT_EQ(pixels[7], 2 / 255.0F);
}

TEST_F(Masks, AreRefusedWhereTheyDoNotFit) {
    const std::string mask = directory / "masks/1.png", picture = directory / "pictures/1.png";
    write("pictures/1.png", {2, 2, 1}, {10, 20, 30, 40});
    EXPECT_TRUE(error().starts_with(mask + ": ")) << error();
    write("masks/1.png", {2, 3, 1}, {0, 1, 2, 0, 0, 0});
    EXPECT_EQ(error(), mask + ": must be as large as " + picture + ", 2 × 2 pixels; got 2 × 3");
    write("masks/1.png", {2, 2, 3}, {0, 1, 2, 0, 0, 0, 1, 2, 3, 4, 5, 6});
    EXPECT_EQ(error(), mask + ": a mask must be grey, each pixel the number of its class; got colours");
    write("masks/1.png", {2, 2, 1}, {0, 1, 2, 0});
    EXPECT_EQ(error({"ground", "cat"}), (directory / "masks").string() + ": masks must be of 2 classes; got class 2");
    write_bytes(mask, "no image");
    EXPECT_TRUE(error().starts_with(mask + ": must be a PNG or JPEG image")) << error();
}

}  // namespace
}  // namespace adjoint
