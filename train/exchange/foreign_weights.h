// Foreign weights: a file of weights as PyTorch, Keras or adjoint's own export has them, read as adjoint has them.
#pragma once

#include "train/exchange/weight_conventions.h"
#include "train/io/weights_file.h"

namespace adjoint {

/// The file with the names and layouts of the model.
///
/// Names: those of `adjoint export` and adjoint's own, with or without that of the part, with dots or underscores. Or
/// any others, such as 0.weight, main.3.weight or conv1.weight: then layers are taken in the order of their names, 2
/// before 10 and encoder before decoder as in the model, filters, matrices and normalisations each for themselves, and
/// there must be as many as the model or one of its parts has. PyTorch's num_batches_tracked is passed over.
/// Layouts: those in which all shapes fit. Where more than one does, `convention` decides, which is adjoint, pytorch or
/// keras; or `adjoint.convention` in the file's metadata; or else "format": "pt" there.
///
/// Throws DataError where that does not decide, with the readings: `w.npz: has two readings: a.weight [3, 3, 3, 3] is
/// [K, L, C, O] as adjoint has it, or [O, C, K, L] as pytorch has it; --convention says which`; and where layers cannot
/// be told by their names, with all that differs from the part that fits best.
/// @param model One of the kind, whose weights are lost.
WeightsFile at_home(const WeightsFile& file, const std::string& convention, Module& model,
                    const std::vector<ModelPart>& parts);

/// Whether a file is surely in adjoint's own names and layouts, as it says.
bool is_at_home(const WeightsFile& file, const std::string& convention);

}  // namespace adjoint
