// Classifiers of images: of the ten digits, or of other images and other numbers of classes.
#pragma once

#include "framework/ops/shape_ops.h"
#include "layers/convolution.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "models/deconvnet.h"
#include "models/image_model.h"

namespace adjoint {

/// 28×28×1 → 5×5 filters, maxima → 14×14×32 → 5×5 filters, maxima → 7×7×64 → 128 → the logits of ten classes. Images of
/// another size S are halved as often as it takes to come to 7 or 8 pixels, by 64 filters each time after the first:
/// 128×128×3 → 64×64×32 → 32×32×64 → 16×16×64 → 8×8×64 → 128.
/// Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998, with rectifiers, maxima and
/// dropout.
class Classifier : public Module {
  public:
    explicit Classifier(const Random& random, const ClassifierOptions& options = {});

    /// Images [N, S, S, channels] in 0..1 to what the last layer decides by [N, 128].
    Variable features(const Variable& x) const;
    /// The logits [N, classes] that such features make.
    Variable decide(const Variable& features) const { return (*decide_)((*dropout_)(features)); }
    /// The logits [N, classes] of images [N, S, S, channels] in 0..1.
    Variable forward(const Variable& x) const override { return decide(features(x)); }

    /// conv1, conv2, …
    std::vector<ConvolutionalStage> stages() const;

  private:
    std::vector<const Conv2D*> convolutions_;
    const Linear* gather_;
    const Dropout* dropout_;
    const Linear* decide_;
};

/// Linear classifier (softmax regression), the baseline that a network has to beat: logits [N, classes] of images x [N,
/// S, S, channels] in 0..1: x·W + b, a weighted sum of the pixels for each class.
class LinearClassifier : public Module {
  public:
    explicit LinearClassifier(const Random& random, const ClassifierOptions& options = {});

    Variable forward(const Variable& x) const override { return (*linear_)(reshape(x, {x.extent(0), -1})); }

  private:
    const Linear* linear_;
};

}  // namespace adjoint
