// What `adjoint deconvnet` draws, and what it refuses.
#include "models/deconvnet.h"

#include <algorithm>

#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/dcgan.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

/// A run of each model with its first, random weights, and an image.
class DeconvnetCommand : public ProgramTest {
  protected:
    DeconvnetCommand() {
        for (const char* model : {"autoencoder", "classifier", "dcgan", "wgan-gp"}) make_run(model);
        write_png(directory_ / "digit.png", Random(2).uniform({28, 28, 1}));
    }
};

TEST_F(DeconvnetCommand, DrawsTheImageThenTheProjectionsOfTheStrongestMaps) {
    EXPECT_EQ(printed("deconvnet --run classifier --image digit.png --layer conv1 --top 7 --out maps.png"),
              "maps.png: the image, then the 7 strongest of 32 feature maps of conv1\n");
    const Tensor picture = read_image(directory_ / "maps.png", 1);
    ASSERT_EQ(picture.shape(), (Shape{3 * 30 + 2, 3 * 30 + 2, 1}));
    const Tensor digit = read_image(directory_ / "digit.png", 1);
    for (Index w = 0; w < 28; ++w) EXPECT_EQ(picture[2 * 92 + 2 + w], digit[w]) << "column " << w;
}

TEST_F(DeconvnetCommand, TakesTheLastConvolutionAndAPlaceInTheRunByDefault) {
    for (const auto& [run, layer, maps] : {std::tuple("autoencoder", "encoder.down2", 64),
                                           {"classifier", "conv2", 64},
                                           {"dcgan", "down4", 1},
                                           {"wgan-gp", "score", 1}}) {
        EXPECT_EQ(printed({"deconvnet", "--run", run, "--image", "digit.png"}),
                  fmt::format("{0}/samples/deconvnet-{1}.png: the image, then the {2} strongest of {3} feature maps of "
                              "{1}\n",
                              run, layer, std::min(15, maps), maps));
        EXPECT_TRUE(std::filesystem::exists(directory_ / run / ("samples/deconvnet-" + std::string(layer) + ".png")));
    }
}

// Its discriminator has learned from images in −1..1.
TEST_F(DeconvnetCommand, ShowsADcganTheImageAsItKnowsImages) {
    printed("deconvnet --run dcgan --image digit.png --layer down1 --top 1 --out x.png");
    const Dcgan dcgan{Random(1)};
    const Tensor digit = read_image(directory_ / "digit.png", 1);
    const FeatureMaps maps({stages_of(dcgan.discriminator)[0]}, from_unit_to_symmetric(digit).reshaped({1, 28, 28, 1}));
    const std::vector<double> p = maps.project_largest(maps.strongest(1)[0]).to_vector();
    double strongest = 0.0;
    for (const double value : p) strongest = std::max(strongest, std::abs(value));
    const Tensor picture = read_image(directory_ / "x.png", 1);
    ASSERT_EQ(picture.shape(), (Shape{32, 62, 1}));
    for (Index h = 0; h < 28; ++h) {
        for (Index w = 0; w < 28; ++w) {
            ASSERT_NEAR(picture[(2 + h) * 62 + 32 + w], 0.5 + p[static_cast<std::size_t>(h * 28 + w)] / (2 * strongest),
                        1.0 / 255)
                << "pixel " << h << ", " << w;
        }
    }
}

}  // namespace
}  // namespace adjoint
