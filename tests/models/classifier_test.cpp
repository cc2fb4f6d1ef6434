// Truths about classifiers: their parameters and features for images of each size, and that they learn.
#include "models/classifier.h"

#include "framework/ops/reduction.h"
#include "layers/lambda.h"
#include "layers/sequential.h"
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

TEST(Classifier, OfTenDigitsIsTheseLayersToTheLastBit) {
    const Random random(1);
    const auto convolution = [&](Index in, Index out, std::uint64_t stream) {
        return Conv2D({.in_channels = in,
                       .out_channels = out,
                       .kernel = {5, 5},
                       .padding = Padding::symmetric({2, 2}),
                       .activation = relu(),
                       .initializer = initializers::he_normal()},
                      random.stream(stream));
    };
    const Sequential layers(convolution(1, 32, 1), MaxPool2D(), convolution(32, 64, 2), MaxPool2D(), Flatten(),
                            Linear({.in = 3136, .out = 128, .activation = relu()}, random.stream(3)),
                            Dropout(0.5, random.stream(4)), Linear({.in = 128, .out = 10}, random.stream(5)));
    const Classifier model{random};
    const Tensor images = Random(2).uniform({3, 28, 28, 1});
    for (const Mode mode : {Mode::evaluate, Mode::train}) {
        const ModeScope scope(mode);
        EXPECT_TRUE(identical(model(images).value(), layers(images).value()));
    }
}

TEST(Classifier, DecidesByItsFeaturesAloneInEvaluation) {
    const Classifier model{Random(1)};
    const Tensor images = Random(2).uniform({3, 28, 28, 1});
    EXPECT_EQ(model.features(images).shape(), (Shape{3, 128}));
    EXPECT_EQ(model(images).shape(), (Shape{3, 10}));
    expect_equal(model(images), model(images));
}

TEST(Classifier, TakesImagesOfEachSizeAndColourAndAnyNumberOfClasses) {
    for (const Index size : {28, 32, 64, 128}) {
        for (const Index channels : {1, 3}) {
            const Classifier model(Random(1), {.image_size = size, .channels = channels, .classes = 7});
            const Tensor images = Random(2).uniform({2, size, size, channels});
            EXPECT_EQ(model.features(images).shape(), (Shape{2, 128}));
            EXPECT_EQ(model(images).shape(), (Shape{2, 7}));
            const FeatureMaps maps(model.stages(), Random(2).uniform({1, size, size, channels}));
            EXPECT_EQ(maps.value().shape(), size == 28 ? (Shape{1, 7, 7, 64}) : (Shape{1, 8, 8, 64}));
        }
    }
}

TEST(Classifier, OfLargeImagesHasAStageForEachTimeTheyAreHalved) {
    const Classifier model(Random(1), {.image_size = 128, .channels = 3, .classes = 2});
    EXPECT_EQ(shapes(model.parameters()), (Shapes{{"conv1.weight", {5, 5, 3, 32}},
                                                  {"conv1.bias", {32}},
                                                  {"conv2.weight", {5, 5, 32, 64}},
                                                  {"conv2.bias", {64}},
                                                  {"conv3.weight", {5, 5, 64, 64}},
                                                  {"conv3.bias", {64}},
                                                  {"conv4.weight", {5, 5, 64, 64}},
                                                  {"conv4.bias", {64}},
                                                  {"gather.weight", {4096, 128}},
                                                  {"gather.bias", {128}},
                                                  {"decide.weight", {128, 2}},
                                                  {"decide.bias", {2}}}));
    Names stages;
    for (const ConvolutionalStage& stage : model.stages()) stages.push_back(stage.name);
    EXPECT_EQ(stages, (Names{"conv1", "conv2", "conv3", "conv4"}));
    EXPECT_FALSE(identical(model.parameters()[4].state.value(), model.parameters()[6].state.value()));
}

TEST(LinearClassifier, IsASumOfPixelsForEachClass) {
    EXPECT_EQ(shapes(LinearClassifier(Random(1)).parameters()),
              (Shapes{{"linear.weight", {784, 10}}, {"linear.bias", {10}}}));
    const Linear same({.in = 784, .out = 10}, Random(1));
    EXPECT_TRUE(identical(LinearClassifier(Random(1)).parameters()[0].state.value(), same.weight.value()));
    for (const Index size : {28, 32, 64, 128}) {
        for (const Index channels : {1, 3}) {
            const LinearClassifier model(Random(1), {.image_size = size, .channels = channels, .classes = 2});
            EXPECT_EQ(model(Random(2).uniform({3, size, size, channels})).shape(), (Shape{3, 2}));
        }
    }
}

TEST(Classifiers, RefuseOtherImagesAndFewerThanTwoClasses) {
    EXPECT_REFUSAL(Classifier(Random(1), {.image_size = 30}),
                   "Classifier: image_size must be 28, 32, 64 or 128; got 30");
    EXPECT_REFUSAL(Classifier(Random(1), {.channels = 2}), "Classifier: channels must be 1 or 3; got 2");
    EXPECT_REFUSAL(Classifier(Random(1), {.classes = 1}), "Classifier: classes must be at least 2; got 1");
    EXPECT_REFUSAL(LinearClassifier(Random(1), {.image_size = 30}),
                   "LinearClassifier: image_size must be 28, 32, 64 or 128; got 30");
    EXPECT_REFUSAL(LinearClassifier(Random(1), {.classes = 1}), "LinearClassifier: classes must be at least 2; got 1");
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
