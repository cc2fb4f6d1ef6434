// Expectations that name the element that is wrong, and quote the error that was thrown.
#pragma once

#include <algorithm>
#include <filesystem>
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

/// Expects that an expression is refused with this message.
#define EXPECT_REFUSAL(expression, message) EXPECT_EQ(error_of([&] { (void)(expression); }), message)

/// The message of the E that `action` throws about a file, which must begin it and is left out here; or "no error".
/// Which E it is decides the program's exit status.
template <class E>
std::string error_about(const std::filesystem::path& file, const auto& action) {
    try {
        action();
    } catch (const E& error) {
        const std::string message = error.what(), start = file.string() + ": ";
        EXPECT_TRUE(message.starts_with(start)) << message;
        return message.substr(std::min(message.size(), start.size()));
    }
    return "no error";
}

}  // namespace adjoint
