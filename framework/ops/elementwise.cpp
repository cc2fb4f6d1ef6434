#include "framework/ops/elementwise.h"

#include <algorithm>
#include <functional>
#include <numbers>
#include <utility>

#include "framework/ops/loops.h"
#include "framework/ops/reduction.h"
#include "framework/ops/selection.h"

namespace adjoint {
namespace {

// One of a and b at each element; `loses` tells which of them, if any, was not chosen.
template <class Choose>
Variable extremum(const char* operation, const Variable& a, const Variable& b, Choose choose,
                  Tensor (*loses)(const Variable&, const Variable&)) {
    const auto pullback = [loses](const Variable& mine, const Variable& other) {
        return [=](const Variable& g) {
            const Variable won_or_shared = where(loses(other, mine), g, 0.5 * g);
            return sum_as(where(loses(mine, other), scalar(0.0, g), won_or_shared), Extents(mine));
        };
    };
    return record(zip(operation, a.value(), b.value(), choose), {{a, pullback(a, b)}, {b, pullback(b, a)}}, {},
                  operation);
}

// x where `factor` is not 0, else 0: the product that x is with it, of an infinite adjoint too.
Variable where_nonzero(const Variable& factor, const Variable& x) {
    const Variable zero = scalar(0.0, x);
    return where(not_equal(factor, zero), x, zero);
}

// The logistic density e⁻ˣ / (1 + e⁻ˣ)² = sigmoid(x)·sigmoid(−x), of which nothing cancels far from 0.
Variable logistic_density(const Variable& x) {
    const auto density = [](auto v) {
        const auto e = std::exp(-std::abs(v));
        return e / ((1 + e) * (1 + e));
    };
    return record(map(x.value(), density),
                  {{x, [x](const Variable& g) { return -g * tanh(0.5 * x) * logistic_density(x); }}});
}

// The n-th derivative of the normal density φ(x) = e^(−x²/2) / √(2π), which is (−1)ⁿ·Heₙ(x)·φ(x) with Hermite's
// polynomial Heₙ.
Variable normal_density(const Variable& x, int n) {
    const auto derivative = [n](auto v) {
        using T = decltype(v);
        const T density = std::exp(-v * v / 2) * T(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
        T before = 0, last = 1;  // (−1)ᵏ·Heₖ for k − 1 and k
        for (int k = 0; k < n; ++k) before = std::exchange(last, -v * last - T(k) * before);
        return density == 0 ? density : density * last;
    };
    return record(map(x.value(), derivative),
                  {{x, [x, n](const Variable& g) { return g * normal_density(x, n + 1); }}});
}

// The normal distribution function Φ(x) = (1 + erf(x/√2))/2, of which nothing cancels far to the left.
constexpr auto normal_distribution = [](auto v) { return std::erfc(-v * decltype(v)(std::numbers::sqrt2 / 2)) / 2; };

Variable normal_cdf(const Variable& x) {
    return record(map(x.value(), normal_distribution),
                  {{x, [x](const Variable& g) { return g * normal_density(x, 0); }}});
}

// elu's slope: `positive` where x > 0, else alpha·eˣ.
Variable elu_slope(const Variable& x, double alpha, double positive) {
    const auto slope = [=](auto v) {
        using T = decltype(v);
        return v > 0 ? T(positive) : T(alpha) * std::exp(v);
    };
    return record(map(x.value(), slope), {{x, [x, alpha](const Variable& g) {
                                               const Variable slopes = elu_slope(x, alpha, 0.0);
                                               return where_nonzero(slopes, g * slopes);
                                           }}});
}

}  // namespace

Variable add(const Variable& a, const Variable& b) {
    return record(zip("add", a.value(), b.value(), std::plus()),
                  {{a, [extents = Extents(a)](const Variable& g) { return sum_as(g, extents); }},
                   {b, [extents = Extents(b)](const Variable& g) { return sum_as(g, extents); }}});
}

Variable subtract(const Variable& a, const Variable& b) {
    return record(zip("subtract", a.value(), b.value(), std::minus()),
                  {{a, [extents = Extents(a)](const Variable& g) { return sum_as(g, extents); }},
                   {b, [extents = Extents(b)](const Variable& g) { return sum_as(-g, extents); }}});
}

Variable multiply(const Variable& a, const Variable& b) {
    return record(zip("multiply", a.value(), b.value(), std::multiplies()),
                  {{a, [b, extents = Extents(a)](const Variable& g) { return sum_as(g * b, extents); }},
                   {b, [a, extents = Extents(b)](const Variable& g) { return sum_as(g * a, extents); }}});
}

Variable divide(const Variable& a, const Variable& b) {
    const Variable y = zip("divide", a.value(), b.value(), std::divides());
    return record(y, {{a, [b, extents = Extents(a)](const Variable& g) { return sum_as(g / b, extents); }},
                      {b, [b, y](const Variable& g) { return sum_as(-g * y / b, Extents(b)); }}});
}

Variable power(const Variable& x, double p) {
    if (p == 0.0) return Tensor::ones(x.shape(), x.dtype());
    if (p == 1.0) return x;
    if (p == 2.0) return x * x;
    return record(map(x.value(), [p](auto v) { return std::pow(v, static_cast<decltype(v)>(p)); }),
                  {{x, [x, p](const Variable& g) { return g * p * power(x, p - 1.0); }}}, {{"p", p}});
}

Variable power(const Variable& a, const Variable& b) {
    const Variable y = zip("power", a.value(), b.value(), [](auto p, auto q) { return std::pow(p, q); });
    return record(y,
                  {{a,
                    [a, b](const Variable& g) {
                        const Variable of_a = g * b * power(a, b - 1.0);  // 0⁰ is 1 as any other a⁰
                        return sum_as(where_nonzero(b, of_a), Extents(a));
                    }},
                   {b, [a, b, y](const Variable& g) { return sum_as(where_nonzero(a, g * y * log(a)), Extents(b)); }}});
}

Variable maximum(const Variable& a, const Variable& b) { return extremum("maximum", a, b, larger, less); }

Variable minimum(const Variable& a, const Variable& b) { return extremum("minimum", a, b, smaller, greater); }

Variable negate(const Variable& x) {
    return record(map(x.value(), [](auto v) { return -v; }), {{x, [](const Variable& g) { return -g; }}});
}

Variable exp(const Variable& x) {
    const Variable y = map(x.value(), [](auto v) { return std::exp(v); });
    return record(y, {{x, [y](const Variable& g) { return g * y; }}});
}

Variable expm1(const Variable& x) {
    return record(map(x.value(), [](auto v) { return std::expm1(v); }),
                  {{x, [x](const Variable& g) { return g * exp(x); }}});
}

Variable log(const Variable& x) {
    return record(map(x.value(), [](auto v) { return std::log(v); }), {{x, [x](const Variable& g) { return g / x; }}});
}

Variable sqrt(const Variable& x) {
    const Variable y = map(x.value(), [](auto v) { return std::sqrt(v); });
    return record(y, {{x, [y](const Variable& g) { return g / (2.0 * y); }}});
}

Variable abs(const Variable& x) {
    const auto sign = [](auto v) -> decltype(v) { return v > 0 ? 1 : v < 0 ? -1 : 0; };
    return record(map(x.value(), [](auto v) { return std::abs(v); }),
                  {{x, [x, sign](const Variable& g) { return where_nonzero(x, g * map(x.value(), sign)); }}});
}

Variable sin(const Variable& x) {
    return record(map(x.value(), [](auto v) { return std::sin(v); }),
                  {{x, [x](const Variable& g) { return g * cos(x); }}});
}

Variable cos(const Variable& x) {
    return record(map(x.value(), [](auto v) { return std::cos(v); }),
                  {{x, [x](const Variable& g) { return -g * sin(x); }}});
}

// 1 − tanh² x = 4·σ(2x)·σ(−2x) with σ = sigmoid.
Variable tanh(const Variable& x) {
    return record(map(x.value(), [](auto v) { return std::tanh(v); }),
                  {{x, [x](const Variable& g) { return g * 4.0 * logistic_density(2.0 * x); }}});
}

Variable sigmoid(const Variable& x) {
    return record(map(x.value(), [](auto v) { return 1 / (1 + std::exp(-v)); }),
                  {{x, [x](const Variable& g) { return g * logistic_density(x); }}});
}

Variable erf(const Variable& x) {
    constexpr double root = std::numbers::sqrt2;  // erf x = 2·Φ(√2·x) − 1, whose slope is 2√2·φ(√2·x) = 2/√π·e^(−x²)
    return record(map(x.value(), [](auto v) { return std::erf(v); }),
                  {{x, [x](const Variable& g) { return g * 2.0 * root * normal_density(root * x, 0); }}});
}

Variable relu_gradient(Variable g, const Variable& x, double slope) {
    const auto choose = [slope](auto v, auto u) { return rectify_gradient(v, u, decltype(v)(slope)); };
    Tensor value = Tape::records(g) ? g.value() : std::move(g).value();
    const Pullback pullback = [x, slope](Variable h) { return relu_gradient(std::move(h), x, slope); };
    // The value was given up, not the identity.
    return record(zip_into("relu_gradient", std::move(value), x.value(), choose),
                  {{g, pullback}});  // NOLINT(bugprone-use-after-move)
}

Variable relu(const Variable& x) {
    const Variable y = map(x.value(), [](auto v) { return rectify(v, decltype(v)(0)); });
    return record(y, {{x, [y](Variable g) { return relu_gradient(std::move(g), y, 0.0); }}});  // y > 0 where x > 0
}

Variable leaky_relu(const Variable& x, double slope) {
    return record(map(x.value(), [slope](auto v) { return rectify(v, decltype(v)(slope)); }),
                  {{x, [x, slope](Variable g) { return relu_gradient(std::move(g), x, slope); }}}, {{"slope", slope}});
}

Variable Activation::operator()(const Variable& x) const {
    return identity() ? x : slope == 0.0 ? relu(x) : leaky_relu(x, slope);
}

Variable elu(const Variable& x, double alpha) {
    const auto value = [alpha](auto v) { return v > 0 ? v : static_cast<decltype(v)>(alpha) * std::expm1(v); };
    return record(map(x.value(), value), {{x, [x, alpha](const Variable& g) { return g * elu_slope(x, alpha, 1.0); }}},
                  {{"alpha", alpha}});
}

Variable gelu(const Variable& x) {
    const auto value = [](auto v) {
        const auto p = normal_distribution(v);
        return p == 0 ? p : v * p;  // of −∞ too
    };
    return record(map(x.value(), value),
                  {{x, [x](const Variable& g) { return g * (normal_cdf(x) - normal_density(x, 1)); }}});
}

Variable softplus(const Variable& x) {
    return record(
        map(x.value(), [](auto v) { return std::max(v, decltype(v)(0)) + std::log1p(std::exp(-std::abs(v))); }),
        {{x, [x](const Variable& g) { return g * sigmoid(x); }}});
}

}  // namespace adjoint
