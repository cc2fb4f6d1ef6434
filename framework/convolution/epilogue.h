// Epilogue of a sum: a bias and an activation that follow before it leaves the registers, and cost no pass over memory.
#pragma once

#include <cstddef>
#include <optional>

namespace adjoint {

class Variable;

/// r where r > 0, else slope·r; at slope 0 that is max(r, 0), of −∞ too. For a number or a vector of them.
template <class R, class S>
constexpr R rectify(R r, S slope) {
    if (slope == 1) return r;
    const R zero{};
    return r > zero ? r : slope == 0 ? (r == r ? zero : r) : slope * r;
}

/// The pullback of rectify: g where y > 0, else slope·g; at slope 0 that is 0, of an infinite g too: masks select.
template <class T>
constexpr T rectify_gradient(T g, T y, T slope) {
    return y > 0 ? g : slope == 0 ? T{0} : slope * g;
}

/// An activation that fits into registers: rectify(r, slope), by default the identity. It is written relu() or
/// leaky_relu(0.2); f(x) is the function of that name.
struct Activation {
    double slope = 1.0;

    bool identity() const { return slope == 1.0; }
    Variable operator()(const Variable& x) const;
};
constexpr Activation relu() { return {.slope = 0.0}; }
constexpr Activation leaky_relu(double slope = 0.01) { return {.slope = slope}; }

/// A sum r becomes activation(r + bias), for a bias of one number a channel: of an operation a variable, which it
/// differentiates too; of its loops a pointer.
template <class Bias = std::optional<Variable>>
struct Epilogue {
    Bias bias = {};
    Activation activation = {};
};

/// What the epilogue makes of the sum of a column, for loops.
template <class T>
T finish(T sum, const Epilogue<const T*>& epilogue, std::ptrdiff_t column) {
    const auto& [bias, activation] = epilogue;
    return rectify(bias != nullptr ? sum + bias[column] : sum, static_cast<T>(activation.slope));
}

}  // namespace adjoint
