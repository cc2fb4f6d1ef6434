// Expectations that name the element that is wrong, and quote the error that was thrown.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <string>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Equal shapes and equal numbers, whatever the element types; else the first element that differs, by its indices.
/// Used as EXPECT_TRUE(equal(actual, expected)).
testing::AssertionResult equal(const Tensor& actual, const Tensor& expected);

/// The message with which `action` refuses, or "no error".
std::string error_of(const std::function<void()>& action);

}  // namespace adjoint
