// Truths about the example: it learns, and its picture and its weights are what it says they are.
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "datasets/image_file.h"
#include "tests/support/environment.h"
#include "tests/support/project.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

TEST(Example, LearnsToDrawDigitsAndSavesWhatItLearned) {
    const EnvironmentVariable no_data("ADJOINT_DATA_DIR");
    const TemporaryDirectory directory;
    ASSERT_EQ(
        std::system(fmt::format("cd '{}' && '{}' 20 >printed", directory.path().string(), example_program).c_str()), 0);

    double trained = 0.0, loaded = 0.0;
    std::FILE* const printed = std::fopen((directory / "printed").c_str(), "r");
    EXPECT_EQ(std::fscanf(printed,
                          "epoch 1, step 20: test loss %lf\n"
                          "test loss of the weights in example.safetensors %lf\n",
                          &trained, &loaded),
              2);
    std::fclose(printed);
    EXPECT_LT(trained, 0.5);  // pixels of one grey would cost log 2 = 0.69
    EXPECT_EQ(loaded, trained);
    // Twice two rows of 16 images of 28 × 28 pixels, with margins of 2.
    EXPECT_EQ(read_image(directory / "example.png", 1).shape(), (Shape{4 * 30 + 2, 16 * 30 + 2, 1}));
}

}  // namespace
}  // namespace adjoint
