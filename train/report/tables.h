// Tables of a report: how good runs are, what they were told, what their networks are made of.
//
// A table is an object with title, head, rows, texts and note. Rows have cells and may have a kind: "marked" where runs
// differ, "total". The first `texts` columns are of text, the others of numbers. All is text already.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace adjoint {

struct LayerSummary;

/// "MNIST, 55,000 training, 5,000 validation, 10,000 test images, checksum 1a2b3c4d", as far as a run's facts tell.
std::string data_text(const nlohmann::ordered_json& facts);

/// What the head of a page says of a run, a line each.
std::vector<std::string> head_of(const nlohmann::ordered_json& facts);

/// The numbers of a run's best and last epoch; null where none has ended.
nlohmann::ordered_json results_table(const nlohmann::ordered_json& facts);

/// A column a run: model, data and the settings that differ, state, numbers.
nlohmann::ordered_json comparison_table(const nlohmann::ordered_json& facts_of_runs);

nlohmann::ordered_json network_table(const std::string& network, const std::vector<LayerSummary>& layers);

/// Pairs of a name and a text: those settings of a run that are not among `others`.
nlohmann::ordered_json settings_of(const nlohmann::ordered_json& facts, const std::vector<std::string>& others = {});

/// What happened, beside ends of epochs: time, event and numbers, "epoch 3, step 120", each.
nlohmann::ordered_json events_of(const nlohmann::ordered_json& facts);

}  // namespace adjoint
