// Classifiers of the ten digits.
#pragma once

#include "framework/ops/shape_ops.h"
#include "layers/convolution.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "models/deconvnet.h"

namespace adjoint {

/// 28×28×1 → 5×5 filters, maxima → 14×14×32 → 5×5 filters, maxima → 7×7×64 → 128 → the logits of ten classes.
/// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998, with rectifiers, maxima and
/// dropout.
class Classifier : public Module {
  public:
    explicit Classifier(const Random& random);

    /// Images [N, 28, 28, 1] in 0..1 to what the last layer decides by [N, 128].
    Variable features(const Variable& x) const;
    /// The logits [N, 10] that such features make.
    Variable decide(const Variable& features) const { return decide_(dropout_(features)); }
    /// The logits [N, 10] of images [N, 28, 28, 1] in 0..1.
    Variable forward(const Variable& x) const override { return decide(features(x)); }

    std::vector<ConvolutionalStage> stages() const;

  private:
    Conv2D& conv1_;
    Conv2D& conv2_;
    Linear& gather_;
    Dropout& dropout_;
    Linear& decide_;
};

/// Linear classifier (softmax regression), the baseline that a network has to beat: logits [N, 10] of images x [N, 28,
/// 28, 1] in 0..1: x·W + b, a weighted sum of the pixels for each class.
class LinearClassifier : public Module {
  public:
    explicit LinearClassifier(const Random& random)
        : linear_(child("linear", Linear({.in = 28 * 28, .out = 10}, random))) {}

    Variable forward(const Variable& x) const override { return linear_(reshape(x, {x.extent(0), -1})); }

  private:
    Linear& linear_;
};

}  // namespace adjoint
