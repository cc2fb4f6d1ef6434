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

}  // namespace
}  // namespace adjoint
