// Truths about what is asked of a run: which texts say it, and when it is met.
#include "train/records/metrics.h"

#include <gtest/gtest.h>

#include "tests/support/expectations.h"

namespace adjoint {
namespace {

const Metrics metrics = {{"test_mse", 0.25}, {"test_accuracy", 0.99}};

TEST(MetricThreshold, IsMetAsItsComparisonSays) {
    const std::vector<std::pair<const char*, bool>> cases = {
        {"test_mse<=0.25", true}, {"test_mse<0.25", false},  {"test_mse>=0.25", true},      {"test_mse>0.25", false},
        {"test_mse<0.3", true},   {"test_mse>2.4e-1", true}, {"test_accuracy>=0.99", true}, {"test_accuracy<0", false}};
    for (const auto& [text, met] : cases) EXPECT_EQ(MetricThreshold(text).met_by(metrics), met) << text;
}

TEST(MetricThreshold, IsRefusedWhereItIsNone) {
    for (const char* text :
         {"", "test_mse", "test_mse=1", "test_mse<", "<1", "test_mse<x", "test_mse<1x", "a<<1", "a<nan", "a<inf"}) {
        EXPECT_EQ(
            error_of([&] { MetricThreshold{text}; }),
            std::string("--require: must be a metric, <, <=, > or >=, and a number, such as test_mse<=0.0091; got ") +
                text);
    }
}

TEST(MetricThreshold, NamesTheMetricsThatThereAre) {
    EXPECT_EQ(error_of([] { MetricThreshold("loss<1").met_by(metrics); }),
              "--require: the metric must be one of test_mse, test_accuracy; got loss");
}

}  // namespace
}  // namespace adjoint
