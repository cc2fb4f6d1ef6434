// The bench names what it measured.
#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace adjoint {
namespace {

class BenchCommand : public ProgramTest {
  protected:
    nlohmann::json measured(const std::string& options) const {
        return nlohmann::json::parse(printed("bench --steps 1 --json " + options));
    }
};

TEST_F(BenchCommand, MeasuresAStepOfTheCriticWithThePenaltyAndWithout) {
    for (const char* model : {"wgan-gp", "wgan"}) {
        const auto line = measured(fmt::format("--model {}", model));
        EXPECT_EQ(line.at("model"), model);
        EXPECT_GT(line.at("step_ms_median").get<double>(), 0.0);
        EXPECT_GT(line.at("gflop").get<double>(), 1.0);
        EXPECT_GT(line.at("peak_mb").get<double>(), 10.0);
        const auto number = [&](const char* name) { return line.at(name).get<double>(); };
        EXPECT_NEAR(number("gflops"), number("gflop") / number("step_ms_median") * 1e3, 1e-6 * number("gflops"));
        EXPECT_NEAR(number("share_of_peak"), number("gflops") / number("sgemm_peak_gflops"), 1e-6);
        EXPECT_GT(number("sgemm_peak_gflops"), 0.1) << "of any processor of this century";
        EXPECT_EQ(line.at("convolution"), "direct");
        EXPECT_EQ(line.at("processes"), 1);
    }
}

TEST_F(BenchCommand, MeasuresInThePrecisionThatIsAskedFor) {
    for (const char* precision : {"float32", "bf16"}) {
        const auto line = measured(fmt::format("--model autoencoder --precision {}", precision));
        EXPECT_EQ(line.at("precision"), precision);
    }
}

TEST_F(BenchCommand, TakesAsManyImagesAsAreAskedFor) {
    for (const char* model : {"autoencoder", "dcgan", "generator", "wgan-gp", "wgan"}) {
        const auto three = measured(fmt::format("--model {} --batch-size 3", model)),
                   six = measured(fmt::format("--model {} --batch-size 6", model));
        EXPECT_EQ(three.at("batch"), 3) << model;
        EXPECT_EQ(six.at("batch"), 6) << model;
        EXPECT_DOUBLE_EQ(six.at("gflop").get<double>(), 2 * three.at("gflop").get<double>()) << model;
        EXPECT_DOUBLE_EQ(three.at("images_per_second").get<double>(), 3e3 / three.at("step_ms_median").get<double>());
    }
}

// The multiplications of an image in a layer of 4×4 filters, which stand on so many pixels of its smaller side.
double layer(double pixels, double in, double out) { return pixels * 4 * 4 * in * out; }

const double first_of_generator64 = layer(1, 100, 512), first_of_discriminator64 = layer(32 * 32, 3, 64);
const double three_in_between = layer(4 * 4, 512, 256) + layer(8 * 8, 256, 128) + layer(16 * 16, 128, 64);
const double generator64 = first_of_generator64 + three_in_between + layer(32 * 32, 64, 3);
const double discriminator64 = first_of_discriminator64 + three_in_between + layer(1, 512, 1);

TEST_F(BenchCommand, MultipliesInAStepOfTheLargeDcganWhatItsDefinitionSays) {
    // The generator draws, and is given gradients of its input and weight, the discriminator sees real, drawn and once
    // more drawn images, of the first two with gradients of input and weight, of the last of the input alone. Nobody
    // asks for a gradient of noise, or of the images when the discriminator learns.
    const double multiplications =
        3 * generator64 - first_of_generator64 + 8 * discriminator64 - 2 * first_of_discriminator64;
    EXPECT_EQ(2 * multiplications, 2'274'623'488.0);
    EXPECT_DOUBLE_EQ(measured("--model dcgan64 --batch-size 1").at("gflop").get<double>(), 2e-9 * multiplications);
}

TEST_F(BenchCommand, DrawsByTheGeneratorAlone) {
    EXPECT_DOUBLE_EQ(measured("--model generator64 --batch-size 2").at("gflop").get<double>(), 4e-9 * generator64);
    const double generator128 = layer(1, 100, 1024) + layer(4 * 4, 1024, 512) + layer(8 * 8, 512, 256) +
                                layer(16 * 16, 256, 128) + layer(32 * 32, 128, 64) + layer(64 * 64, 64, 3);
    EXPECT_DOUBLE_EQ(measured("--model generator128 --batch-size 1").at("gflop").get<double>(), 2e-9 * generator128);
}

}  // namespace
}  // namespace adjoint
