// Which operations, layers, losses and models are there, and on what are their gradients checked?
#pragma once

#include "train/gradient_rows.h"

namespace adjoint {

/// A row for each, in the order of the headers.
const std::vector<GradientRow>& gradient_table();

/// Its parts that have files of their own.
void append_convolutions(std::vector<GradientRow>& rows);
void append_pooling(std::vector<GradientRow>& rows);
void append_resampling(std::vector<GradientRow>& rows);
void append_conventions(std::vector<GradientRow>& rows);
void append_normalizations(std::vector<GradientRow>& rows);
void append_layers(std::vector<GradientRow>& rows);
void append_losses(std::vector<GradientRow>& rows);
void append_gan_losses(std::vector<GradientRow>& rows);
void append_models(std::vector<GradientRow>& rows);

}  // namespace adjoint
