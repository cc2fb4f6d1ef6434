#include "train/epoch_log.h"

#include "train/report.h"

namespace adjoint {

void log_epoch(const RunDirectory& run, int epoch, std::vector<std::pair<std::string, double>> metrics,
               const Progress& progress, const std::vector<NamedOptimizer>& optimizers) {
    metrics.emplace_back("images_per_second", progress.images_per_second());
    for (const auto& [prefix, optimizer] : optimizers) {
        for (const ParameterNorms& norms : optimizer.norms()) {
            metrics.emplace_back("weight_norm/" + prefix + norms.name, norms.parameter);
            metrics.emplace_back("gradient_norm/" + prefix + norms.name, norms.gradient);
        }
    }
    run.log_metrics(epoch, metrics);
    write_report(run);
}

}  // namespace adjoint
