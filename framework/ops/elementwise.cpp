#include "framework/ops/elementwise.h"

#include <numbers>

#include "framework/kernels/loops.h"
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
            return sum_to(where(loses(mine, other), scalar(0.0, g), won_or_shared), mine.shape());
        };
    };
    return record(zip(operation, a.value(), b.value(), choose), {{a, pullback(a, b)}, {b, pullback(b, a)}}, {},
                  operation);
}

}  // namespace

Variable add(const Variable& a, const Variable& b) {
    return record(zip("add", a.value(), b.value(), [](auto p, auto q) { return p + q; }),
                  {{a, [shape = a.shape()](const Variable& g) { return sum_to(g, shape); }},
                   {b, [shape = b.shape()](const Variable& g) { return sum_to(g, shape); }}});
}

Variable subtract(const Variable& a, const Variable& b) {
    return record(zip("subtract", a.value(), b.value(), [](auto p, auto q) { return p - q; }),
                  {{a, [shape = a.shape()](const Variable& g) { return sum_to(g, shape); }},
                   {b, [shape = b.shape()](const Variable& g) { return sum_to(-g, shape); }}});
}

Variable multiply(const Variable& a, const Variable& b) {
    return record(zip("multiply", a.value(), b.value(), [](auto p, auto q) { return p * q; }),
                  {{a, [b, shape = a.shape()](const Variable& g) { return sum_to(g * b, shape); }},
                   {b, [a, shape = b.shape()](const Variable& g) { return sum_to(g * a, shape); }}});
}

Variable divide(const Variable& a, const Variable& b) {
    const Variable y = zip("divide", a.value(), b.value(), [](auto p, auto q) { return p / q; });
    return record(y, {{a, [b, shape = a.shape()](const Variable& g) { return sum_to(g / b, shape); }},
                      {b, [b, y](const Variable& g) { return sum_to(-g * y / b, b.shape()); }}});
}

Variable power(const Variable& x, double p) {
    if (p == 0.0) return Tensor::ones(x.shape(), x.dtype());
    if (p == 1.0) return x;
    if (p == 2.0) return x * x;
    return record(map(x.value(), [p](auto v) { return std::pow(v, static_cast<decltype(v)>(p)); }),
                  {{x, [x, p](const Variable& g) { return g * p * power(x, p - 1.0); }}});
}

Variable power(const Variable& a, const Variable& b) {
    const Variable y = zip("power", a.value(), b.value(), [](auto p, auto q) { return std::pow(p, q); });
    return record(y, {{a, [a, b](const Variable& g) { return sum_to(g * b * power(a, b - 1.0), a.shape()); }},
                      {b, [a, y, shape = b.shape()](const Variable& g) { return sum_to(g * y * log(a), shape); }}});
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
                  {{x, [x, sign](const Variable& g) { return g * map(x.value(), sign); }}});
}

Variable sin(const Variable& x) {
    return record(map(x.value(), [](auto v) { return std::sin(v); }),
                  {{x, [x](const Variable& g) { return g * cos(x); }}});
}

Variable cos(const Variable& x) {
    return record(map(x.value(), [](auto v) { return std::cos(v); }),
                  {{x, [x](const Variable& g) { return -g * sin(x); }}});
}

Variable tanh(const Variable& x) {
    const Variable y = map(x.value(), [](auto v) { return std::tanh(v); });
    return record(y, {{x, [y](const Variable& g) { return g * (1.0 - y * y); }}});
}

Variable sigmoid(const Variable& x) {
    const Variable y = map(x.value(), [](auto v) { return 1 / (1 + std::exp(-v)); });
    return record(y, {{x, [y](const Variable& g) { return g * y * (1.0 - y); }}});
}

Variable erf(const Variable& x) {
    constexpr double scale = 2.0 * std::numbers::inv_sqrtpi;
    return record(map(x.value(), [](auto v) { return std::erf(v); }),
                  {{x, [x](const Variable& g) { return g * scale * exp(-(x * x)); }}});
}

Variable relu_gradient(Variable g, const Variable& x, double slope) {
    const auto choose = [slope](auto v, auto u) -> decltype(v) { return u > 0 ? v : v * decltype(v)(slope); };
    Tensor value = std::move(g).value();  // g remains known to the tapes
    return record(zip_into("relu", std::move(value), x.value(), choose),
                  {{g, [x, slope](Variable h) { return relu_gradient(std::move(h), x, slope); }}});
}

Variable relu(const Variable& x) {
    const Variable y = map(x.value(), [](auto v) { return rectify(v, decltype(v)(0)); });
    return record(y, {{x, [y](Variable g) { return relu_gradient(std::move(g), y, 0.0); }}});  // y > 0 where x > 0
}

Variable leaky_relu(const Variable& x, double slope) {
    return record(map(x.value(), [slope](auto v) { return rectify(v, decltype(v)(slope)); }),
                  {{x, [x, slope](Variable g) { return relu_gradient(std::move(g), x, slope); }}});
}

Variable Activation::operator()(const Variable& x) const {
    return identity() ? x : slope == 0.0 ? relu(x) : leaky_relu(x, slope);
}

Variable elu(const Variable& x, double alpha) {
    const auto positive = [](auto v) -> decltype(v) { return v > 0 ? 1 : 0; };
    const Variable y =
        map(x.value(), [alpha](auto v) { return v > 0 ? v : static_cast<decltype(v)>(alpha) * std::expm1(v); });
    return record(y, {{x, [x, y, positive, alpha](const Variable& g) {
                           const Variable p = map(x.value(), positive);
                           return g * (p + (1.0 - p) * (y + alpha));
                       }}});
}

Variable gelu(const Variable& x) { return 0.5 * x * (1.0 + erf(x * std::numbers::sqrt2 / 2.0)); }

Variable softplus(const Variable& x) {
    return record(
        map(x.value(), [](auto v) { return std::max(v, decltype(v)(0)) + std::log1p(std::exp(-std::abs(v))); }),
        {{x, [x](const Variable& g) { return g * sigmoid(x); }}});
}

}  // namespace adjoint
