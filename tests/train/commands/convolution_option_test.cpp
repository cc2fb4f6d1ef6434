// The program computes with convolutions by their definition where it is asked to: training ends in nearly the same
// place.
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/environment.h"
#include "tests/support/program.h"

namespace adjoint {
namespace {

class ConvolutionOption : public ProgramTest {
  protected:
    // The losses of a few steps.
    std::vector<double> losses(const std::string& run) const {
        printed({"-q", "train", "autoencoder", "--dataset", "digits", "--width", "4", "--latent", "4", "--batch-size",
                 "16", "--max-steps", "4", "--out", run});
        std::ifstream lines(directory_ / run / "metrics.jsonl");
        std::vector<double> losses;
        for (std::string line; std::getline(lines, line);) {
            const auto entry = nlohmann::json::parse(line);
            for (const char* name : {"step_loss", "training_loss", "validation_mse", "test_cross_entropy"}) {
                if (entry.contains(name)) losses.push_back(entry.at(name));
            }
        }
        return losses;
    }
};

TEST_F(ConvolutionOption, TrainsByDefinitionToNearlyTheSameLosses) {
    const std::vector<double> direct = losses("direct");
    const EnvironmentVariable reference("ADJOINT_CONVOLUTION", "reference");
    const std::vector<double> by_definition = losses("reference");
    ASSERT_FALSE(direct.empty());
    ASSERT_EQ(by_definition.size(), direct.size());
    for (std::size_t i = 0; i < direct.size(); ++i) EXPECT_NEAR(by_definition[i], direct[i], 1e-4 * direct[i]);
    const std::string bench = printed({"bench", "--model", "wgan", "--steps", "1", "--json"});
    EXPECT_EQ(nlohmann::json::parse(bench).at("convolution"), "reference");
}

TEST_F(ConvolutionOption, IsDirectOrReference) {
    const std::string refused = "--convolution: fast not in {direct,reference}";
    EXPECT_EQ(refusal({"--convolution", "fast", "bench"}), "2 error: " + refused);
    const EnvironmentVariable fast("ADJOINT_CONVOLUTION", "fast");
    EXPECT_EQ(refusal({"bench"}), "2 error: ADJOINT_CONVOLUTION: " + refused);
}

}  // namespace
}  // namespace adjoint
