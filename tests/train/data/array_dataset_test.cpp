// Truths about datasets of arrays: what a NumPy user saved is found by its usual names, and what cannot be labels of
// images is refused by file and array.
#include "train/data/array_dataset.h"

#include "tests/support/expectations.h"
#include "tests/support/joined_threads.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/values.h"
#include "train/io/npy.h"
#include "train/io/npz.h"

namespace adjoint {
namespace {

struct Arrays : testing::Test {
    std::filesystem::path write(const std::map<std::string, Tensor>& arrays) const {
        write_npz(directory / "x.npz", arrays);
        return directory / "x.npz";
    }
    TemporaryDirectory directory;
    const Tensor images = Random(1).uniform({24, 28, 28, 1});
    const Tensor labels = Tensor::build<float>({24}, [](std::span<float> out) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(i % 3);
    });
};

TEST_F(Arrays, WithLabelsAreSplitAndKnowTheirClasses) {
    for (const auto& [x, y] : {std::pair("images", "labels"), {"x", "y"}, {"x_train", "y_train"}, {"arr_0", "arr_1"}}) {
        const Datasets data = open_arrays(write({{x, images}, {y, labels}}), {0, 0});
        EXPECT_EQ(data.training->size(), 22) << x;
        EXPECT_EQ(data.test->size(), 2) << x;
        EXPECT_EQ(data.training->classes(), (std::vector<std::string>{"0", "1", "2"})) << x;
        std::vector<float> pixels(28 * 28);
        EXPECT_EQ(data.training->read(1, pixels), 2) << "image 2, as image 0 is for the test";
        EXPECT_EQ(pixels[5], images.data<float>()[2 * 28 * 28 + 5]);
    }
}

TEST_F(Arrays, MayHaveTestImagesOfTheirOwn) {
    const Tensor three({3}, {0, 1, 2});
    const Tensor few = Random(2).uniform({3, 28, 28});
    const Datasets data =
        open_arrays(write({{"x_train", images}, {"y_train", labels}, {"x_test", few}, {"y_test", three}}), {0, 0});
    EXPECT_EQ(data.training->size(), 24);
    EXPECT_EQ(data.test->size(), 3);
}

TEST_F(Arrays, MayBeImagesAlone) {
    write_npy(directory / "x.npy", images);
    const Datasets data = open_arrays(directory / "x.npy", {0, 0});
    EXPECT_EQ(data.training->classes(), (std::vector<std::string>{"0"}));
    EXPECT_EQ(data.name, "arrays");
}

TEST_F(Arrays, HaveTheSizeThatIsAskedForOrSuitsThem) {
    write_npy(directory / "x.npy", Random(1).uniform({3, 40, 70, 3}));
    const auto shape = [&](const ImageSize& size) {
        return open_arrays(directory / "x.npy", size).test->image_shape();
    };
    EXPECT_EQ(shape({0, 0}), (Shape{32, 32, 3}));
    EXPECT_EQ(shape({64, 1}), (Shape{64, 64, 1}));
}

TEST_F(Arrays, AreHeldByOneProcessEach) {
    const std::vector<std::string> classes = {"a", "b"};
    const ArrayDataset alone(images, std::vector<int>(24, 1), classes);
    run_as_processes(5, [&] {
        const ArrayDataset shared(images, std::vector<int>(24, 1), classes);
        EXPECT_EQ(shared.size(), 24);
        EXPECT_EQ(shared.checksum(), alone.checksum());
        EXPECT_TRUE(identical(first_images(shared, 23), first_images(alone, 23)));
        const Index other = (Processes::here()->rank() + 1) % 5;
        std::vector<float> pixels(28 * 28);
        EXPECT_EQ(error_of([&] { shared.read(other, pixels); }),
                  fmt::format("ArrayDataset::read: image {0} is held by process {0}", other));
    });
}

TEST_F(Arrays, ThatAreNoLabelsAreRefused) {
    const auto error = [&](const Tensor& y) {
        return error_of([&] { open_arrays(write({{"x", images}, {"y", y}}), {0, 0}); });
    };
    const std::string y = (directory / "x.npz").string() + ": y: ";
    EXPECT_EQ(error(Tensor({2}, {0, 1})), y + "there must be a label for each of 24 images; got [2]");
    EXPECT_EQ(error(labels.reshaped({24, 1})), "no error");
    EXPECT_EQ(error(Tensor::full({24}, -1.0)), y + "a label must be a whole number from 0; got -1 of image 0");
    EXPECT_EQ(error(Tensor::full({24}, 0.5)), y + "a label must be a whole number from 0; got 0.5 of image 0");
    EXPECT_EQ(error_of([&] {
                  open_arrays(write({{"pictures", images}}), {0, 0});
              }),
              (directory / "x.npz").string() + ": must have images, x, x_train or arr_0; got pictures");
    EXPECT_EQ(error_of([&] {
                  open_arrays(write({{"x", images}, {"x_test", images}, {"y_test", labels}}), {0, 0});
              }),
              (directory / "x.npz").string() + ": y_test: labels must be those of 1 classes; got 2");
}

}  // namespace
}  // namespace adjoint
