// Element types: float32 for training, float64 for checking gradients; the same code serves both.
#pragma once

#include <concepts>

namespace adjoint {

enum class DType { float32, float64 };

template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double>;

template <Scalar T>
constexpr DType dtype_of = std::same_as<T, float> ? DType::float32 : DType::float64;

constexpr const char* name(DType dtype) { return dtype == DType::float32 ? "float32" : "float64"; }

/// Calls f<float>() or f<double>(): the one step from the type known at run time to a template.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
    return dtype == DType::float32 ? f.template operator()<float>() : f.template operator()<double>();
}

}  // namespace adjoint
