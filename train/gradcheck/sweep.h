// Sweeps: gradients are checked for random configurations that nobody thought of, and one that fails is made as small
// as it can be while it still fails.
#pragma once

#include "train/gradcheck/rows.h"

namespace adjoint {

/// Configurations of one row.
struct SweptRow {
    std::string name;
    Index configurations = 0;
    Index exact = 0;  ///< of them, in whole numbers
    double relative_error = 0.0;

    /// Whether all of them are, and right to the last bit.
    bool all_exact() const { return exact == configurations && relative_error == 0.0; }
};

/// The smallest configuration of a row that was found to fail.
struct SweepFailure {
    std::string name;
    std::string reason;   ///< the report, or the error that was thrown
    std::string command;  ///< what to type to see it again: adjoint gradcheck --layer conv2d --shape 1,2,2,1 --order 2
};

struct SweepReport {
    Index configurations = 0;
    std::vector<SweptRow> rows;
    std::vector<SweepFailure> failures;
};

/// Checks `count` configurations, of each row in turn, but not of whole models; a row is left alone once it failed.
/// Configurations that do not fit together are drawn again, and so are those of which all gradients are zero.
SweepReport sweep_gradients(const GradientRows& rows, Index count, GradientCheckOptions options);

}  // namespace adjoint
