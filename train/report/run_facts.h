// Facts of a run: what a report shows of it and `adjoint compare` compares, read from the files that it left.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "train/records/run_directory.h"

namespace adjoint {

/// An object with
///   directory, title        where it is, and what it is called, with a word where it is overfit on one batch
///   model, data             data as config.json has it, and its title
///   config                  what else config.json says, then the settings: batch-size as batch_size
///   overfit                 whether it learns one batch by heart
///   state, running          "running", "finished" or "stopped"
///   written                 when it last wrote anything, in seconds since 1970
///   metrics, events         the lines of both files
///   last, best              the numbers of the last epoch that ended, and of the best one by the metric that `by`
///                           names: the first loss, accuracy or IoU of the validation images, else the test images,
///                           else the one batch. Either is null where there is none.
///   problems                a sentence about each thing that is damaged and left out.
nlohmann::ordered_json facts_of(const RunDirectory& run);

/// Adds a part to the facts; where what it needs is damaged or cannot be read, `problems` says so, once.
void add_part(nlohmann::ordered_json& facts, const std::function<void()>& add);

/// Whether more of this metric is better: an accuracy, an IoU, a PSNR.
bool is_better_higher(const std::string& metric);

/// Whether a line of metrics is the end of an epoch, not a point within one. Runs of old have no such points.
bool is_end_of_epoch(const nlohmann::ordered_json& line);

/// The names of what their configurations do not have alike.
std::vector<std::string> differing_settings(const nlohmann::ordered_json& facts_of_runs);

/// A line of JSON a run: directory, model, data, overfit, state, written, the settings that differ, last and best.
std::string comparison_of(const std::vector<RunDirectory>& runs);

}  // namespace adjoint
