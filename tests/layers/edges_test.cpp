// Edges of operations and losses: at 0 and −0, subnormals, ties, far out and at infinity their values and first two
// derivatives are those of a definition in long double, in both element types, in relative terms.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "layers/losses/losses.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Real = long double;
constexpr Real infinity = std::numeric_limits<Real>::infinity(), pi = std::numbers::pi_v<Real>;
constexpr Index copies = 16;  // of each x, so that vector instructions are met too

/// A function of one number, and its definition.
struct Edge1D {
    std::string name;
    std::function<Variable(const Variable&)> f;  // of each of the copies, or a mean over them
    std::function<Real(Real)> value, first, second;
    bool negative = true;  // whether it is defined there
};

// ---- definitions, of which nothing cancels

Real zero(Real) { return 0; }
Real step(Real x) { return x > 0 ? 1 : 0; }
Real sign(Real x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
Real logistic(Real x) { return 1 / (1 + std::exp(-x)); }
Real bell(Real x) { return 1 / (2 * std::cosh(x / 2)) / (2 * std::cosh(x / 2)); }  // the derivative of logistic
Real bell_slope(Real x) { return -bell(x) * std::tanh(x / 2); }
Real soft(Real x) { return std::max<Real>(x, 0) + std::log1p(std::exp(-std::abs(x))); }
Real normal(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * pi); }
Real times_normal(Real factor, Real x) { return normal(x) == 0 ? 0 : factor * normal(x); }
Real below(Real x) { return std::erfc(-x / std::sqrt(Real{2})) / 2; }
Real excess(Real x) {  // eˣ − 1 − x
    if (std::abs(x) > 1) return std::isinf(std::exp(x)) ? infinity : std::expm1(x) - x;
    Real sum = 0, term = x;
    for (int k = 2; k < 30; ++k) sum += term *= x / static_cast<Real>(k);
    return sum;
}
std::function<Real(Real)> constant(Real c) {
    return [c](Real) { return c; };
}

// ---- operations

// x and 0 as the two logits of each row.
Variable with_zero(const Variable& x) {
    return concatenate({reshape(x, {copies, 1}), Tensor::zeros({copies, 1}, x.dtype())}, 1);
}
const std::vector<int> first_class(copies, 0);

const std::vector<Edge1D>& rows() {
    using V = const Variable&;
    static const std::vector<Edge1D> table = {
        {"add", [](V x) { return x + 3.0; }, [](Real x) { return x + 3; }, constant(1), zero},
        {"multiply", [](V x) { return x * 3.0; }, [](Real x) { return x * 3; }, constant(3), zero},
        {"divide", [](V x) { return 1.0 / x; }, [](Real x) { return 1 / x; }, [](Real x) { return -1 / x / x; },
         [](Real x) { return 2 / x / x / x; }},
        {"square", [](V x) { return power(x, 2.0); }, [](Real x) { return x * x; }, [](Real x) { return 2 * x; },
         constant(2)},
        {"cube", [](V x) { return power(x, 3.0); }, [](Real x) { return x * x * x; }, [](Real x) { return 3 * x * x; },
         [](Real x) { return 6 * x; }},
        {"power", [](V x) { return power(x, 2.5); }, [](Real x) { return std::pow(x, Real{2.5}); },
         [](Real x) { return 2.5L * std::pow(x, Real{1.5}); }, [](Real x) { return 3.75L * std::sqrt(x); }, false},
        {"maximum", [](V x) { return maximum(x, scalar(0.0, x)); }, [](Real x) { return std::max<Real>(x, 0); },
         [](Real x) { return x == 0 || x != x ? 0.5L : step(x); }, zero},
        {"negate", negate, [](Real x) { return -x; }, constant(-1), zero},
        {"exp", exp, expl, expl, expl},
        {"expm1", expm1, expm1l, expl, expl},
        {"log", log, logl, [](Real x) { return 1 / x; }, [](Real x) { return -1 / x / x; }, false},
        {"sqrt", sqrt, sqrtl, [](Real x) { return 0.5L / std::sqrt(x); },
         [](Real x) { return -0.25L / x / std::sqrt(x); }, false},
        {"abs", abs, fabsl, sign, zero},
        {"tanh", tanh, tanhl, [](Real x) { return 4 * bell(2 * x); }, [](Real x) { return 8 * bell_slope(2 * x); }},
        {"sigmoid", sigmoid, logistic, bell, bell_slope},
        {"erf", erf, erfl, [](Real x) { return 2 / std::sqrt(pi) * std::exp(-x * x); },
         [](Real x) { return 4 * times_normal(-std::sqrt(Real{2}) * x, std::sqrt(Real{2}) * x); }},
        {"relu", [](V x) { return relu(x); }, [](Real x) { return std::max<Real>(x, 0); }, step, zero},
        {"leaky_relu", [](V x) { return leaky_relu(x, 0.25); }, [](Real x) { return x > 0 ? x : x / 4; },
         [](Real x) { return x > 0 ? 1 : 0.25L; }, zero},
        {"elu", [](V x) { return elu(x, 2.0); }, [](Real x) { return x > 0 ? x : 2 * std::expm1(x); },
         [](Real x) { return x > 0 ? 1 : 2 * std::exp(x); }, [](Real x) { return x > 0 ? 0 : 2 * std::exp(x); }},
        {"gelu", gelu, [](Real x) { return below(x) == 0 ? 0 : x * below(x); },
         [](Real x) { return below(x) + times_normal(x, x); }, [](Real x) { return times_normal(2 - x * x, x); }},
        {"softplus", softplus, soft, logistic, bell},
        {"max", [](V x) { return max(with_zero(x), 1); }, [](Real x) { return std::max<Real>(x, 0); },
         [](Real x) { return x == 0   ? 0.5L
                             : x != x ? 1
                                      : step(x); }, zero},
        {"mean", [](V x) { return mean(x); }, [](Real x) { return x; }, constant(1), zero},
        {"log_softmax", [](V x) { return slice(log_softmax(with_zero(x)), {.axis = 1, .end = 1}); },
         [](Real x) { return -soft(-x); }, [](Real x) { return logistic(-x); }, [](Real x) { return -bell(x); }},
        {"softmax", [](V x) { return slice(softmax(with_zero(x + 2.0)), {.axis = 1, .end = 1}); },
         [](Real x) { return logistic(x + 2); }, [](Real x) { return bell(x + 2); },
         [](Real x) { return bell_slope(x + 2); }},

        {"mean_squared_error", [](V x) { return mean_squared_error(x, scalar(1.0, x)); },
         [](Real x) { return (x - 1) * (x - 1); }, [](Real x) { return 2 * (x - 1); }, constant(2)},
        {"mean_absolute_error", [](V x) { return mean_absolute_error(x, scalar(1.0, x)); },
         [](Real x) { return std::abs(x - 1); }, [](Real x) { return sign(x - 1); }, zero},
        {"huber", [](V x) { return huber(x, scalar(0.0, x), 0.5); },
         [](Real x) { return std::abs(x) < 0.5L ? x * x / 2 : (std::abs(x) - 0.25L) / 2; },
         [](Real x) { return std::clamp(x, -0.5L, 0.5L); }, [](Real x) { return std::abs(x) <= 0.5L ? 1 : 0; }},
        {"binary_cross_entropy of 0", [](V x) { return binary_cross_entropy_with_logits(x, 0.0); }, soft, logistic,
         bell},
        {"binary_cross_entropy of 1", [](V x) { return binary_cross_entropy_with_logits(x, 1.0); },
         [](Real x) { return soft(-x); }, [](Real x) { return -logistic(-x); }, bell},
        {"binary_cross_entropy of ⅛", [](V x) { return binary_cross_entropy_with_logits(x, 0.125); },
         [](Real x) { return (x > 0 ? 0.875L * x : -0.125L * x) + std::log1p(std::exp(-std::abs(x))); },
         [](Real x) { return logistic(x) - 0.125L; }, bell},
        {"cross_entropy", [](V x) { return cross_entropy(with_zero(x), first_class); }, [](Real x) { return soft(-x); },
         [](Real x) { return -logistic(-x); }, bell},
        {"kl_divergence of a mean",
         [](V x) {
             return kl_divergence(reshape(x, {copies, 1}), Tensor::zeros({copies, 1}, x.dtype()));
         },
         [](Real x) { return x * x / 2; }, [](Real x) { return x; }, constant(1)},
        {"kl_divergence of a variance",
         [](V x) {
             return kl_divergence(Tensor::zeros({copies, 1}, x.dtype()), reshape(x, {copies, 1}));
         },
         [](Real x) { return excess(x) / 2; }, [](Real x) { return std::expm1(x) / 2; },
         [](Real x) { return std::exp(x) / 2; }},
        {"non_saturating_generator_loss", non_saturating_generator_loss, [](Real x) { return soft(-x); },
         [](Real x) { return -logistic(-x); }, bell},
        {"minimax_generator_loss", minimax_generator_loss, [](Real x) { return -soft(x); },
         [](Real x) { return -logistic(x); }, [](Real x) { return -bell(x); }},
        {"hinge_discriminator_loss", [](V x) { return hinge_discriminator_loss(x, scalar(-2.0, x)); },
         [](Real x) { return std::max<Real>(1 - x, 0); }, [](Real x) { return -step(1 - x); }, zero},
        {"least_squares_generator_loss", least_squares_generator_loss, [](Real x) { return (x - 1) * (x - 1) / 2; },
         [](Real x) { return x - 1; }, constant(1)},
    };
    return table;
}

// ---- the comparison

template <Scalar T>
std::vector<T> points(bool negative) {
    using Limits = std::numeric_limits<T>;
    const T subnormal = Limits::min() / 8;
    std::vector<T> result = {0, subnormal, Limits::min() * 1024, T(1e-20), T(1e-9), T(1e-4), T(0.01)};
    for (const double x : {0.25, 0.5, 1.0, 1.25, 3.0, 5.0, 9.0, 12.0, 20.0, 80.0, 120.0, 1e4, 1e15, 1e30})
        result.push_back(T(x));
    result.insert(result.end(), {Limits::max() / 16, Limits::max(), Limits::infinity(), Limits::quiet_NaN()});
    const std::size_t count = result.size();
    for (std::size_t i = 0; i < count && negative; ++i) result.push_back(-result[i]);
    return result;
}

// What T holds of a number: 0 for a subnormal one.
template <Scalar T>
Real held(Real x) {
    const T rounded = static_cast<T>(x);
    return std::abs(rounded) < std::numeric_limits<T>::min() ? 0 : Real{rounded};
}

template <Scalar T>
struct Comparison {
    const Edge1D& row;
    T x;
    Index values = 0;

    void expect(const char* what, const Variable& actual, Real exact) {
        ++values;
        const Real got = actual.value()[actual.size() / 2], wanted = held<T>(exact);
        if (got == wanted || (std::isnan(got) && std::isnan(wanted))) return;
        // A relative error of x is one of x·f′/f, which for e^(−x²) is −2·x².
        const Real size = std::min<Real>(Real{x} * x, 1e3),
                   tolerance = std::numeric_limits<T>::epsilon() * (8 + 2 * size);
        EXPECT_LE(std::abs(got - wanted), tolerance * std::abs(wanted))
            << row.name << ": the " << what << " at " << x << " in " << name(dtype_of<T>) << " is " << got
            << ", by definition " << wanted;
    }

    void run() {
        const Variable at = Tensor::full({copies}, double{x}, dtype_of<T>);
        Tape outer({at}), inner({at});
        const Variable y = row.f(at);
        const Variable total = y.size() == 1 ? static_cast<double>(copies) * y : sum(y);
        const Variable slope = inner.gradient(total).front();
        const Variable bend = outer.gradient(sum(slope), Unconnected::zero).front();
        const Real place = held<T>(x);
        expect("value", y, row.value(place));
        expect("slope", slope, row.first(place));
        expect("second derivative", bend, row.second(place));
    }
};

template <Scalar T>
Index compared(const Edge1D& row) {
    Index values = 0;
    for (const T x : points<T>(row.negative)) {
        Comparison<T> comparison{row, x};
        comparison.run();
        values += comparison.values;
    }
    return values;
}

TEST(Edges, AreWhereTheDefinitionIs) {
    Index values = 0;
    for (const Edge1D& row : rows()) values += compared<float>(row) + compared<double>(row);
    EXPECT_EQ(values, 10950);  // compared
}

}  // namespace
}  // namespace adjoint
