// Expected values of tensors.
#pragma once

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <ostream>
#include <string>
#include <vector>

#include "framework/autograd/tape.h"
#include "tests/support/expectations.h"

namespace adjoint {

/// How GoogleTest prints a type and names the tests of a table of types.
inline void PrintTo(DType dtype, std::ostream* stream) { *stream << name(dtype); }
struct TypeName {
    std::string operator()(const testing::TestParamInfo<DType>& row) const { return name(row.param); }
};

/// A float64 tensor of these elements, in row-major order.
inline Tensor doubles(const Shape& shape, const std::vector<double>& elements) {
    return Tensor(shape, elements, DType::float64);
}

/// Expects the shape and every element, up to tolerance·max(1, |expected|); NaN is expected where NaN is written.
inline void expect_tensor(const Variable& actual, const Shape& shape, const std::vector<double>& expected,
                          double tolerance = 0.0) {
    ASSERT_EQ(actual.shape(), shape);
    ASSERT_EQ(actual.size(), std::ssize(expected));
    for (Index i = 0; i < actual.size(); ++i) {
        const double got = actual.value()[i], wanted = expected[static_cast<std::size_t>(i)];
        if (got == wanted || (std::isnan(got) && std::isnan(wanted))) continue;
        EXPECT_LE(std::abs(got - wanted), tolerance * std::max(1.0, std::abs(wanted)))
            << "element " << i << " is " << got << ", expected " << wanted;
    }
}

/// Expects equal shapes, types and elements up to tolerance·max(1, |expected|).
inline void expect_equal(const Variable& actual, const Variable& expected, double tolerance = 0.0) {
    EXPECT_STREQ(name(actual.dtype()), name(expected.dtype()));
    expect_tensor(actual, expected.shape(), expected.value().to_vector(), tolerance);
}

}  // namespace adjoint
