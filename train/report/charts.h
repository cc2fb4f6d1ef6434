// Charts of a report: the curves of runs, and which of them share a chart.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace adjoint {

/// Of runs of which these are the facts, an object with
///   pace      what a curve runs over: "step", or "epoch" where a run of old does not count its steps
///   ends      [x, epoch] of each epoch that has ended
///   headings  each with a title and charts, these with a title and curves, these with a label, a look (from 0, for
///             another colour), images ("step", "training", "validation", "test", "batch" or "") and points [x, y].
/// Of one run, a metric shares a chart with the same of other images, the training loss with what it is called on
/// other images, and the norm of a parameter with those of all. Several runs share a chart for each metric of the same
/// images, steps counted with training; their norms are left out.
nlohmann::ordered_json charts_of(const nlohmann::ordered_json& facts_of_runs);

}  // namespace adjoint
