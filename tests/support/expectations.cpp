#include "tests/support/expectations.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/tensor/error.h"

namespace adjoint {

testing::AssertionResult equal(const Tensor& actual, const Tensor& expected) {
    if (actual.shape() != expected.shape()) {
        return testing::AssertionFailure() << fmt::format("shape {}, expected {}", actual.shape(), expected.shape());
    }
    const std::vector<double> a = actual.to_vector(), e = expected.to_vector();
    const auto wrong = std::mismatch(a.begin(), a.end(), e.begin()).first;
    if (wrong == a.end()) return testing::AssertionSuccess();
    Index flat = wrong - a.begin();
    const double got = a[flat], wanted = e[flat];
    std::vector<Index> element(actual.shape().size());
    for (std::size_t axis = element.size(); axis-- > 0; flat /= actual.shape()[axis]) {
        element[axis] = flat % actual.shape()[axis];
    }
    return testing::AssertionFailure() << fmt::format("element {} of shape {} is {}, expected {}", element,
                                                      actual.shape(), got, wanted);
}

std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace adjoint
