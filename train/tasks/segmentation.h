// Segmentation: what a model says of each pixel of masked images, and how well.
#pragma once

#include "train/tasks/task.h"

namespace adjoint {

/// Of each class, how many pixels are of it, how many were taken for it, and how many both.
struct ClassAreas {
    std::vector<Index> truth, predicted, both;

    /// both / (truth + predicted − both), the intersection over the union; nothing where there is none of it.
    std::optional<double> overlap(std::size_t of) const;
    /// The mean of those that there are.
    double mean_overlap() const;
    /// The share of pixels that were taken for what they are.
    double accuracy() const;
};

/// The pictures and the classes of the pixels of masked images [N, H, W, channels + 1].
struct Masked {
    Variable pictures;  ///< [N, H, W, channels]
    Tensor classes;     ///< [N, H, W], whole numbers
};
Masked apart(const Tensor& images);

/// The class of each pixel that has the largest logit, [N, H, W].
Tensor segment(const Module& model, const Variable& pictures);
ClassAreas measure_areas(const Module& model, const std::shared_ptr<const Dataset>& images);

/// Grey or coloured pictures as coloured ones, [N, H, W, 3].
Tensor in_colours(const Tensor& pictures);
/// A colour for each class, black for the first: classes [N, H, W] as images [N, H, W, 3].
Tensor coloured(const Tensor& classes);

}  // namespace adjoint
