#include "models/classifier.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// Images of the same size.
Conv2D conv_block(Index in, Index out, const Random& random) {
    return Conv2D({.in_channels = in,
                   .out_channels = out,
                   .kernel = {5, 5},
                   .padding = Padding::symmetric({2, 2}),
                   .activation = relu(),
                   .initializer = initializers::he_normal()},
                  random);
}

}  // namespace

Classifier::Classifier(const Random& random, const ClassifierOptions& options) {
    check_options("Classifier", options);
    std::uint64_t layer = 0;
    const auto weights = [&] { return random.stream(++layer); };
    Index side = options.image_size, in = options.channels;
    for (Index out = 32; side > 8; side /= 2, in = out, out = 64) {
        const std::string name = fmt::format("conv{}", convolutions_.size() + 1);
        convolutions_.push_back(&child(name, conv_block(in, out, weights())));
    }
    gather_ = &child("gather", Linear({.in = side * side * in, .out = 128, .activation = relu()}, weights()));
    dropout_ = &child("dropout", Dropout(0.5, weights()));
    decide_ = &child("decide", Linear({.in = 128, .out = options.classes}, weights()));
}

Variable Classifier::features(const Variable& x) const {
    Variable h = x;
    for (const Conv2D* const convolution : convolutions_) h = max_pool2d((*convolution)(h)).value;
    return (*gather_)(reshape(h, {x.extent(0), -1}));
}

std::vector<ConvolutionalStage> Classifier::stages() const {
    std::vector<ConvolutionalStage> stages;
    for (const Conv2D* const convolution : convolutions_) {
        stages.push_back(
            {.name = fmt::format("conv{}", stages.size() + 1), .convolution = convolution, .pooled = true});
    }
    return stages;
}

LinearClassifier::LinearClassifier(const Random& random, const ClassifierOptions& options) {
    check_options("LinearClassifier", options);
    const auto [size, channels, classes] = options;
    linear_ = &child("linear", Linear({.in = size * size * channels, .out = classes}, random));
}

}  // namespace adjoint
