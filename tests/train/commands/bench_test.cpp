// The bench names what it measured, and refuses what it cannot measure.
#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace adjoint {
namespace {

using BenchCommand = ProgramTest;

TEST_F(BenchCommand, MeasuresAStepOfTheCriticWithThePenaltyAndWithout) {
    for (const char* model : {"wgan-gp", "wgan"}) {
        const auto line = nlohmann::json::parse(printed({"bench", "--model", model, "--steps", "1", "--json"}));
        EXPECT_EQ(line.at("model"), model);
        EXPECT_GT(line.at("step_ms_median").get<double>(), 0.0);
        EXPECT_GT(line.at("gflop").get<double>(), 1.0);
        EXPECT_EQ(line.at("convolution"), "direct");
    }
}

TEST_F(BenchCommand, RefusesModelsThatItDoesNotKnow) {
    EXPECT_EQ(refusal({"bench", "--model", "gan"}),
              "2 error: --model: gan not in {autoencoder,dcgan,wgan-gp,wgan,all}");
}

}  // namespace
}  // namespace adjoint
