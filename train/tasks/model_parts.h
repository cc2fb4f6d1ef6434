// Model parts of a task: what of its model is a function of its own, and files of weights as this model has them.
#pragma once

#include "train/exchange/model_part.h"
#include "train/io/weights_file.h"
#include "train/tasks/task.h"

namespace adjoint {

/// The whole first, where that is one function. They can be called as long as the task and the model live.
std::vector<ModelPart> parts_of(const TaskSpec& task, const Module& model, const ImageModelOptions& sizes);

/// The part of this name, or the first where it is "". Throws `export: --part must be whole, encoder or decoder; got
/// critic`.
const ModelPart& chosen_part(const std::vector<ModelPart>& parts, const std::string& name);

/// What a file of the model's weights says of the model, by key: model and adjoint.settings, from which it can be made
/// again; and for each part that is traced without an error adjoint.part.NAME, what goes in and comes out, and what it
/// does, as text_of has it.
std::map<std::string, std::string> model_metadata(const TaskSpec& task, const TrainingOptions& options,
                                                  const DataRecord& data, const Module& model);

/// A file of weights of such a model, whoever wrote it, with the names and layouts that the model has; see at_home.
WeightsFile open_weights_of(const TaskSpec& task, const TrainingOptions& options, const std::filesystem::path& path,
                            const std::string& convention);

}  // namespace adjoint
