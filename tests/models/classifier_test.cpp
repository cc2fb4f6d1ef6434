// Truths about the classifier: its parameters, its features, and that it learns.
#include "models/classifier.h"

#include "framework/ops/reduction.h"
#include "tests/support/states.h"
#include "tests/support/values.h"
#include "train/tasks/classification.h"

namespace adjoint {
namespace {

TEST(Classifier, HasTheseParameters) {
    EXPECT_EQ(shapes(Classifier(Random(1)).parameters()), (Shapes{{"conv1.weight", {5, 5, 1, 32}},
                                                                  {"conv1.bias", {32}},
                                                                  {"conv2.weight", {5, 5, 32, 64}},
                                                                  {"conv2.bias", {64}},
                                                                  {"gather.weight", {3136, 128}},
                                                                  {"gather.bias", {128}},
                                                                  {"decide.weight", {128, 10}},
                                                                  {"decide.bias", {10}}}));
}

TEST(Classifier, DecidesByItsFeaturesAloneInEvaluation) {
    const Classifier model{Random(1)};
    const Tensor images = Random(2).uniform({3, 28, 28, 1});
    EXPECT_EQ(model.features(images).shape(), (Shape{3, 128}));
    EXPECT_EQ(model(images).shape(), (Shape{3, 10}));
    expect_equal(model(images), model(images));
}

TEST(Classifier, LearnsTheLabelsOfAFewImages) {
    const Classifier model{Random(1)};
    Adam adam(model.parameters());
    const Tensor images = Random(2).uniform({20, 28, 28, 1});
    std::vector<int> labels;
    for (int n = 0; n < 20; ++n) labels.push_back(n % 10);
    const auto classes = [&] {
        const std::vector<double> largest = argmax(model(images), 1).to_vector();
        return std::vector<int>(largest.begin(), largest.end());
    };
    EXPECT_NE(classes(), labels);
    for (int step = 0; step < 60; ++step) classification_step(model, adam, images, labels);
    EXPECT_EQ(classes(), labels);
}

}  // namespace
}  // namespace adjoint
