#include "train/tasks/model_parts.h"

#include <algorithm>
#include <fmt/format.h>

#include "layers/analysis/graph.h"
#include "train/exchange/foreign_weights.h"
#include "train/exchange/graph_text.h"
#include "train/tasks/registry.h"

namespace adjoint {

std::vector<ModelPart> parts_of(const TaskSpec& task, const Module& model, const ImageModelOptions& sizes) {
    std::vector<ModelPart> parts;
    for (const NetworkInput& network : networks_of(task, model, sizes)) {
        Shape item = network.input.shape();
        item.erase(item.begin());
        const bool whole = network.network == &model, noise = item[0] == 1 && item[1] == 1;
        parts.push_back({whole ? "whole" : network.name,
                         [&model = *network.network](const Variable& x) { return model(x); }, item,
                         fmt::format("{}images in {}", noise ? "noise, to " : "", task.symmetric ? "-1..1" : "0..1")});
    }
    if (task.encode) {
        const Shape image = {sizes.image_size, sizes.image_size, sizes.channels};
        parts.push_back({"encoder", [&](const Variable& x) { return task.encode(model, x); }, image,
                         "images in 0..1, to " + task.codes});
        parts.push_back({"decoder",
                         [&](const Variable& z) { return task.decode(model, z); },
                         {sizes.latent},
                         "codes, to images as logits: their sigmoid is in 0..1"});
    }
    return parts;
}

const ModelPart& chosen_part(const std::vector<ModelPart>& parts, const std::string& name) {
    if (name.empty()) return parts.front();
    const auto found = std::ranges::find(parts, name, &ModelPart::name);
    if (found != parts.end()) return *found;
    std::vector<std::string> names;
    for (const ModelPart& part : parts) names.push_back(part.name);
    throw Error(fmt::format("export: --part must be {}; got {}", any_of(names), name));
}

std::map<std::string, std::string> model_metadata(const TaskSpec& task, const TrainingOptions& options,
                                                  const DataRecord& data, const Module& model) {
    std::map<std::string, std::string> metadata = {
        {"model", task.name}, {"adjoint.settings", model_settings_text(options, task.settings, data)}};
    for (const auto& [name, function, item, meaning] : parts_of(task, model, options.sizes)) {
        try {
            metadata["adjoint.part." + name] = meaning + "\n" + text_of(graph_of(model, function, item));
        } catch (const Error&) {
            // A model of one's own may take something else than images, or do what no operation tells of.
        }
    }
    return metadata;
}

WeightsFile open_weights_of(const TaskSpec& task, const TrainingOptions& options, const std::filesystem::path& path,
                            const std::string& convention) {
    const WeightsFile file = open_weights(path);
    if (is_at_home(file, convention)) return file;
    const std::unique_ptr<Module> model = task.make_model(Random(0), options);
    return at_home(file, convention, *model, parts_of(task, *model, options.sizes));
}

}  // namespace adjoint
