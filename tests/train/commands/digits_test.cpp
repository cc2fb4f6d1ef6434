// `adjoint digits` writes the images that training on drawn digits reads, and their labels.
#include "datasets/digits/drawn_digits.h"
#include "tests/support/program.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using DigitsCommand = ProgramTest;

TEST_F(DigitsCommand, WritesImagesAndLabelsOfTheSeed) {
    EXPECT_EQ(
        printed({"digits", "--count", "7", "--seed", "5", "--npy", "x.npy", "--labels", "y.npy", "--png", "p.png"}),
        "p.png: 7 digits\nx.npy: float32 [7, 28, 28, 1]\ny.npy: float32 [7]\n");
    const Tensor images = read("x.npy"), labels = read("y.npy");
    ASSERT_EQ(images.shape(), (Shape{7, 28, 28, 1}));
    for (Index i = 0; i < 7; ++i) {
        std::array<float, 28 * 28> pixels;
        EXPECT_EQ(labels[i], draw_digit(5, static_cast<std::uint64_t>(i), pixels));
        for (Index e = 0; e < 28 * 28; ++e) ASSERT_EQ(images[i * 28 * 28 + e], pixels[static_cast<std::size_t>(e)]);
    }
}

TEST_F(DigitsCommand, WritesToAPipe) {
    printed("digits --count 2 --npy x.npy");
    const Outcome outcome = done("digits --count 2 --npy - --labels y.npy");
    EXPECT_EQ(outcome.out, content("x.npy"));
    EXPECT_EQ(outcome.err, "-: float32 [2, 28, 28, 1]\ny.npy: float32 [2]\n");
}

TEST_F(DigitsCommand, WantsAFileToWrite) {
    EXPECT_EQ(refusal({"digits"}), "2 error: digits: name a file to write with --png, --npy or --labels; got none");
}

}  // namespace
}  // namespace adjoint
