// Deconvnet: what in an image makes a feature map strong. Its strongest activation alone is sent back through the
// layers to the pixels.
//
// Each layer is undone in turn: maxima go back to where they were found, the result is rectified, and the layer's own
// filters are applied transposed, which is conv2d_input_gradient.
//
// Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014.
#pragma once

#include <optional>

#include "framework/ops/pooling.h"
#include "layers/convolution.h"
#include "layers/normalization.h"
#include "layers/sequential.h"

namespace adjoint {

/// A convolution, with its bias and rectifier, and what follows it.
struct ConvolutionalStage {
    std::string name;
    const Conv2D* convolution;
    const BatchNorm* norm = nullptr;  ///< with its rectifier, if there is one
    bool pooled = false;              ///< by the maxima of 2×2 pixels
};

/// The convolutions with which a network begins, each with the batch normalisation that follows it.
std::vector<ConvolutionalStage> stages_of(const Sequential& network);

/// The feature maps of an image after a number of stages, and what it takes to go back.
class FeatureMaps {
  public:
    /// Shapes: image [1, H, W, C]. The stages must live as long as this.
    FeatureMaps(std::vector<ConvolutionalStage> stages, const Tensor& image);

    /// [1, H′, W′, maps].
    const Tensor& value() const { return value_; }
    /// The `count` maps, or all, whose largest activations are largest, the strongest first.
    std::vector<Index> strongest(Index count) const;
    /// Activations [1, H′, W′, maps] sent back to the pixels, [1, H, W, C].
    Tensor project(const Tensor& activations) const;
    /// The largest activation of one map alone, sent back.
    Tensor project_largest(Index map) const;

  private:
    // What a stage has seen.
    struct Trace {
        Shape input;
        std::optional<GatherIndices> argmax;
    };
    std::vector<ConvolutionalStage> stages_;
    std::vector<Trace> traces_;
    Tensor value_;
};

}  // namespace adjoint
