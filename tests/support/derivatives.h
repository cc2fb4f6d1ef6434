// Derivative tests: comparisons with finite differences, one named row an operation.
#pragma once

#include <gtest/gtest.h>
#include <ostream>
#include <string>
#include <vector>

#include "framework/analysis/gradient_check.h"
#include "tests/support/values.h"

namespace adjoint {

/// Expects that the derivatives of f up to `order` agree with finite differences.
inline void expect_derivatives(const DifferentiableFunction& f, const std::vector<Tensor>& inputs, int order = 2) {
    const GradientCheckReport report = gradient_check(f, inputs, {.order = order});
    EXPECT_TRUE(report.passed()) << report.text();
}

/// One row of a table of tests: what is differentiated, where, and the name under which it fails.
struct DerivativeCase {
    std::string name;
    DifferentiableFunction f;
    std::vector<Tensor> inputs;
};
inline void PrintTo(const DerivativeCase& row, std::ostream* stream) { *stream << row.name; }

/// Names the tests of a table by their rows.
struct RowName {
    template <class Row>
    std::string operator()(const testing::TestParamInfo<Row>& info) const {
        return info.param.name;
    }
};

}  // namespace adjoint
