// Group and instance normalization layers: groups of channels, or single channels, of each example to mean 0 and
// variance 1.
#pragma once

#include <optional>

#include "layers/module.h"

namespace adjoint {

struct GroupNormOptions {
    Index channels;
    Index groups;
    double epsilon = 1e-5;
    bool affine = true;  ///< whether there are γ and β
};

/// y = (x − μ) / √(σ² + ε)·γ + β with the moments μ, σ² of each example's channels c of one group, C / groups that are
/// neighbours, over all pixels; the same in training and evaluation.   Shapes: x [N, ..., C], γ and β [C].
/// Throws where the channels do not divide into the groups, and where a group has one value only.
/// Source: Wu and He, "Group normalization", 2018.
class GroupNorm : public Module {
  public:
    explicit GroupNorm(const GroupNormOptions& options);
    Variable forward(const Variable& x) const override;

    std::optional<Parameter> scale;  ///< γ
    std::optional<Parameter> shift;  ///< β

  private:
    Index channels_;
    Index groups_;
    double epsilon_;
};

struct InstanceNormOptions {
    Index channels;
    double epsilon = 1e-5;
    bool affine = false;  ///< whether there are γ and β
};

/// GroupNorm with a group for each channel.
/// Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.
struct InstanceNorm : GroupNorm {
    explicit InstanceNorm(const InstanceNormOptions& o)
        : GroupNorm({.channels = o.channels, .groups = o.channels, .epsilon = o.epsilon, .affine = o.affine}) {}
};

}  // namespace adjoint
