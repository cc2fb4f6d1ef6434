// What `adjoint deconvnet` draws, and what it refuses.
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/dcgan.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/png.h"
#include "train/records/run_directory.h"

namespace adjoint {
namespace {

/// A run of each model with its first, random weights, and an image.
class DeconvnetCommand : public ProgramTest {
  protected:
    DeconvnetCommand() {
        make_run("autoencoder", Autoencoder(Random(1)));
        make_run("classifier", Classifier(Random(1)));
        make_run("dcgan", Dcgan(Random(1)));
        make_run("wgan-gp", WganGp(Random(1)));
        write_png(directory_ / "digit.png", Random(2).uniform({28, 28, 1}));
    }
    void make_run(const std::string& name, const Module& model) const {
        RunDirectory::create(directory_ / name, {.model = name}, false).save_weights(model.states());
    }
};

TEST_F(DeconvnetCommand, DrawsTheImageThenTheProjectionsOfTheStrongestMaps) {
    EXPECT_EQ(printed({"deconvnet", "--run", "classifier", "--image", "digit.png", "--layer", "conv1", "--top", "7",
                       "--out", "maps.png"}),
              "maps.png: the image, then the 7 strongest of 32 feature maps of conv1\n");
    const Tensor picture = read_grey_image(directory_ / "maps.png");
    ASSERT_EQ(picture.shape(), (Shape{3 * 30 + 2, 3 * 30 + 2, 1}));
    const Tensor digit = read_grey_image(directory_ / "digit.png");
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
    printed(
        {"deconvnet", "--run", "dcgan", "--image", "digit.png", "--layer", "down1", "--top", "1", "--out", "x.png"});
    const Dcgan dcgan{Random(1)};
    const Tensor digit = read_grey_image(directory_ / "digit.png");
    const FeatureMaps maps({stages_of(dcgan.discriminator)[0]}, from_unit_to_symmetric(digit).reshaped({1, 28, 28, 1}));
    const std::vector<double> p = maps.project_largest(maps.strongest(1)[0]).to_vector();
    double strongest = 0.0;
    for (const double value : p) strongest = std::max(strongest, std::abs(value));
    const Tensor picture = read_grey_image(directory_ / "x.png");
    ASSERT_EQ(picture.shape(), (Shape{32, 62, 1}));
    for (Index h = 0; h < 28; ++h) {
        for (Index w = 0; w < 28; ++w) {
            ASSERT_NEAR(picture[(2 + h) * 62 + 32 + w], 0.5 + p[static_cast<std::size_t>(h * 28 + w)] / (2 * strongest),
                        1.0 / 255)
                << "pixel " << h << ", " << w;
        }
    }
}

TEST_F(DeconvnetCommand, RefusesWhatItCannotLookAt) {
    EXPECT_EQ(refusal({"deconvnet", "--run", "classifier"}), "2 error: --image is required");
    EXPECT_EQ(refusal({"deconvnet", "--run", "classifier", "--image", "digit.png", "--layer", "conv3"}),
              "2 error: deconvnet: --layer must be one of conv1, conv2; got conv3");
    EXPECT_EQ(refusal({"deconvnet", "--run", "classifier", "--image", "digit.png", "--top", "0"}).substr(0, 16),
              "2 error: --top: ");
    EXPECT_EQ(refusal({"deconvnet", "--run", "none", "--image", "digit.png"}),
              "66 error: none: is not the directory of a run; got no config.json in it");
    EXPECT_TRUE(refusal({"deconvnet", "--run", "classifier", "--image", "none.png"}).starts_with("66 error: none.png"));
    write_png(directory_ / "large.png", Tensor::zeros({56, 28, 1}));
    EXPECT_EQ(refusal({"deconvnet", "--run", "classifier", "--image", "large.png"}),
              "65 error: large.png: the image must be [28, 28, 1]; got [56, 28, 1]");
}

}  // namespace
}  // namespace adjoint
