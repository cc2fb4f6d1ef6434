// The bench names what it measured.
#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace adjoint {
namespace {

using BenchCommand = ProgramTest;

TEST_F(BenchCommand, MeasuresAStepOfTheCriticWithThePenaltyAndWithout) {
    for (const char* model : {"wgan-gp", "wgan"}) {
        const auto line = nlohmann::json::parse(printed(fmt::format("bench --model {} --steps 1 --json", model)));
        EXPECT_EQ(line.at("model"), model);
        EXPECT_GT(line.at("step_ms_median").get<double>(), 0.0);
        EXPECT_GT(line.at("gflop").get<double>(), 1.0);
        EXPECT_EQ(line.at("convolution"), "direct");
    }
}

TEST_F(BenchCommand, MeasuresInThePrecisionThatIsAskedFor) {
    for (const char* precision : {"float32", "bf16"}) {
        const auto line = nlohmann::json::parse(
            printed(fmt::format("bench --model autoencoder --steps 1 --json --precision {}", precision)));
        EXPECT_EQ(line.at("precision"), precision);
    }
}

}  // namespace
}  // namespace adjoint
