// Truths about images that are named by a path: which arrays are images, by which rule numbers become pixels, and that
// files are cut and resized as those of a folder are for training.
#include "train/data/image_input.h"

#include <fmt/ranges.h>

#include "datasets/image_folder.h"
#include "framework/tensor/random.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/npy.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr ImageSize two_grey = {.side = 2, .channels = 1};

TEST(ImageArray, OfZeroToOneStaysAsItIs) {
    const Tensor x({1, 2, 2, 1}, {0, 0.25, 0.5, 1}, DType::float64);
    EXPECT_TRUE(identical(image_array("x", x, two_grey), x.cast(DType::float32)));
}

TEST(ImageArray, OfBytesIsDividedBy255) {
    const Tensor image = image_array("x", Tensor({2, 2}, {0, 51, 102, 255}, DType::float64), two_grey);
    EXPECT_TRUE(identical(image, Tensor({1, 2, 2, 1}, {0, 0.2, 0.4, 1})));
}

TEST(ImageArray, MayBeOneImageOrManyWithOrWithoutChannels) {
    for (const Shape& shape : {Shape{3, 2, 2}, {3, 2, 2, 1}}) {
        EXPECT_EQ(image_array("x", Tensor::zeros(shape), two_grey).shape(), (Shape{3, 2, 2, 1})) << shape.size();
    }
    EXPECT_EQ(as_images("x", Tensor::zeros({5, 4, 3})).shape(), (Shape{1, 5, 4, 3}));
    EXPECT_EQ(as_images("x", Tensor::zeros({5, 4})).shape(), (Shape{1, 5, 4, 1}));
}

TEST(ImageArray, BecomesGreyByLuminanceAndColouredAsItIs) {
    const Tensor colour({1, 1, 1, 3}, {1, 0.5, 0.25});
    const Tensor grey = image_array("x", colour, {.side = 1, .channels = 1});
    EXPECT_NEAR(grey.item(), 0.299 + 0.587 * 0.5 + 0.114 * 0.25, 1e-7);
    EXPECT_TRUE(identical(image_array("x", Tensor({1, 1}, {0.5}), {.side = 1, .channels = 3}),
                          Tensor({1, 1, 1, 3}, {0.5, 0.5, 0.5})));
}

TEST(ImageArrayRefusal, OfPixelsByNoRule) {
    const auto error = [](double pixel) {
        return error_of([&] { image_array("x.npy", Tensor({2, 1, 1, 1}, {0.5, pixel}, DType::float64), {1, 1}); });
    };
    const std::string must = "x.npy: pixels must be in 0..1, or whole numbers 0..255; got ";
    EXPECT_EQ(error(-0.5), must + "-0.5 in image 1");
    EXPECT_EQ(error(2), must + "2 in image 1");
    EXPECT_EQ(error(std::nan("")), must + "nan in image 1");
    EXPECT_EQ(error(0.75), "no error");
    EXPECT_EQ(error_of([] { image_array("x.npy", Tensor({1, 2}, {0.0, 256.0}), {1, 1}); }), must + "256 in image 0");
}

TEST(ImageArrayRefusal, OfShapesThatAreNoImages) {
    for (const Shape& shape : {Shape{4}, {1, 4, 4, 2}, {0, 4, 4, 1}, {1, 1, 4, 4, 1}}) {
        EXPECT_REFUSAL(as_images("x.npy", Tensor::zeros(shape)),
                       fmt::format("x.npy: images must be [N, H, W, 1 or 3], [N, H, W] or one of such; got {}", shape));
    }
}

TEST(ImageInput, IsWhatAFolderMakesOfTheSameFiles) {
    const TemporaryDirectory directory;
    const std::string folder = (directory / "folder").string();
    std::filesystem::create_directories(folder);
    write_png(folder + "/a.png", Random(1).uniform({9, 5, 3}));
    write_png(folder + "/b.png", Random(2).uniform({4, 4, 3}));
    const ImageInput named = read_image_input({folder + "/a.png", folder + "/b.png"}, {.side = 4, .channels = 3});
    const ImageInput all = read_image_input({folder}, {.side = 4, .channels = 3});
    EXPECT_EQ(named.names, (std::vector{folder + "/a.png", folder + "/b.png"}));
    EXPECT_EQ(all.names, named.names);
    EXPECT_TRUE(identical(all.images, named.images));
}

TEST(ImageInput, CountsTheImagesOfAnArray) {
    const TemporaryDirectory directory;
    const std::string file = (directory / "x.npy").string();
    write_npy(file, Tensor::zeros({2, 2, 2, 1}));
    EXPECT_EQ(read_image_input({file}, two_grey).names, (std::vector{file + "[0]", file + "[1]"}));
}

}  // namespace
}  // namespace adjoint
