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
        EXPECT_EQ(line.at("convolution"), "direct");
    }
}

TEST_F(BenchCommand, MeasuresInThePrecisionThatIsAskedFor) {
    for (const char* precision : {"float32", "bf16"}) {
        const auto line = measured(fmt::format("--model autoencoder --precision {}", precision));
        EXPECT_EQ(line.at("precision"), precision);
    }
}

TEST_F(BenchCommand, TakesAsManyImagesAsAreAskedFor) {
    for (const char* model : {"autoencoder", "dcgan", "wgan-gp", "wgan"}) {
        const auto three = measured(fmt::format("--model {} --batch-size 3", model)),
                   six = measured(fmt::format("--model {} --batch-size 6", model));
        EXPECT_EQ(three.at("batch"), 3) << model;
        EXPECT_EQ(six.at("batch"), 6) << model;
        EXPECT_DOUBLE_EQ(six.at("gflop").get<double>(), 2 * three.at("gflop").get<double>()) << model;
        EXPECT_DOUBLE_EQ(three.at("images_per_second").get<double>(), 3e3 / three.at("step_ms_median").get<double>());
    }
}

}  // namespace
}  // namespace adjoint
