// Truths about lines of metrics: they come back as they were written, and become a table in which every number stands
// under its own name.
#include "train/records/metric_lines.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace adjoint {
namespace {

const std::vector<MetricLine> lines = {{{.steps = 3, .epoch = 1}, {{"step_loss", 0.5}, {"learning_rate", 0.1}}},
                                       {{.steps = 4, .epoch = 1}, {{"training_loss", 0.1 + 0.2}}},
                                       {{.steps = 7, .epoch = 2}, {{"step_loss", 1e-9}}}};

std::string text_of_all() {
    std::string text;
    for (const MetricLine& line : lines) text += text_of(line) + "\n";
    return text;
}

TEST(MetricLines, AreJson) {
    EXPECT_EQ(text_of(lines[0]), R"({"step":3,"epoch":1,"step_loss":0.5,"learning_rate":0.1})");
}

TEST(MetricLines, ComeBackBitForBit) {
    const std::vector<MetricLine> back = metric_lines(text_of_all());
    ASSERT_EQ(back.size(), lines.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        EXPECT_EQ(back[i].place.steps, lines[i].place.steps);
        EXPECT_EQ(back[i].place.epoch, lines[i].place.epoch);
        EXPECT_EQ(back[i].numbers, lines[i].numbers);
    }
}

TEST(MetricLines, ThatAreCutShortOrOfOldRunsAreLeftOut) {
    EXPECT_EQ(metric_lines("{\"epoch\":1,\"test_mse\":1}\n" + text_of_all() + "{\"step\":8,\"ep").size(), lines.size());
}

TEST(MetricLines, OfStepsThatAreNoCountsAreLeftOut) {
    for (const char* step : {"1.5", "-1", "1e300", "18446744073709551615"})
        EXPECT_TRUE(metric_lines(fmt::format("{{\"step\":{},\"epoch\":1}}\n", step)).empty()) << step;
}

TEST(MetricLines, AreATable) {
    EXPECT_EQ(csv_of(lines),
              "step,epoch,step_loss,learning_rate,training_loss\n"
              "3,1,0.5,0.1,\n"
              "4,1,,,0.30000000000000004\n"
              "7,2,1e-09,,\n");
}

}  // namespace
}  // namespace adjoint
