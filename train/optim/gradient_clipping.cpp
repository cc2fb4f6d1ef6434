#include "train/optim/gradient_clipping.h"

#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "framework/ops/elementwise.h"
#include "framework/ops/loops.h"
#include "framework/tensor/batch_blocks.h"

namespace adjoint {

namespace {

// Σ (scale·x)² over [begin, end), in the order of reduce_rows, without a tensor for what is only passed through.
template <Scalar T>
double squares_between(const T* x, Index begin, Index end, double scale) {
    constexpr Index lanes = 16;
    std::array<double, lanes> partial = {};
    const auto add = [&](Index lane, Index i) {
        const double scaled = scale * static_cast<double>(x[i]);
        partial[lane] += scaled * scaled;
    };
    Index i = begin;
    for (; i + lanes <= end; i += lanes) {
        for (Index lane = 0; lane < lanes; ++lane) add(lane, i + lane);
    }
    for (; i < end; ++i) add(0, i);
    return std::accumulate(partial.begin(), partial.end(), 0.0);
}

// Σ (scale·x)², as sum(x·x) adds it up: in blocks where there are many elements.
double sum_of_squares(const Tensor& x, double scale) {
    return dispatch(x.dtype(), [&]<Scalar T>() {
        const T* const values = x.data<T>().data();
        if (x.size() <= elementwise_grain) return squares_between(values, 0, x.size(), scale);
        const BatchBlocks blocks(x.size());
        std::vector<double> squares(static_cast<std::size_t>(blocks.count()));
        double total = 0.0;
        parallel_for(blocks.count(), [&](Index b) {
            squares[static_cast<std::size_t>(b)] = squares_between(values, blocks.begin(b), blocks.begin(b + 1), scale);
        });
        combine_blocks(blocks, squares.data(), Index{1}, std::plus<>{}, &total);
        return total;
    });
}

// ‖g‖ = length / scale, for a power of 2 as scale: 1, unless squares of float64 numbers overflow or vanish.
struct ScaledNorm {
    double scale;
    double length;
};

ScaledNorm scaled_norm(const std::vector<Variable>& gradients) {
    const auto measured = [&](double scale) {
        double squares = 0.0;
        for (const Variable& g : gradients) squares += sum_of_squares(g.value(), scale);
        return ScaledNorm{scale, std::sqrt(squares)};
    };
    const ScaledNorm norm = measured(1.0);
    return std::isinf(norm.length) ? measured(0x1p-600) : norm.length < 0x1p-500 ? measured(0x1p600) : norm;
}

}  // namespace

double gradient_norm(const std::vector<Variable>& gradients) {
    const auto [scale, length] = scaled_norm(gradients);
    return length / scale;
}

double clip_gradient_norm(std::vector<Variable>& gradients, double most) {
    require(most > 0.0, "clip_gradient_norm: the largest norm must be positive; got {}", most);
    const auto [scale, length] = scaled_norm(gradients);
    const double norm = length / scale, factor = scale * most / (length + scale * 1e-6);
    if (factor >= 1.0) return norm;
    // factor = mantissa·2^exponent, which may be below all numbers of g's type, in steps that are not.
    int exponent = 0;
    const double mantissa = std::frexp(factor, &exponent);
    const double half = std::scalbn(1.0, exponent / 2), rest = std::scalbn(1.0, exponent - exponent / 2);
    for (Variable& g : gradients) {
        g = map(g.value(), [=](auto v) {
            using T = decltype(v);
            return v * T(mantissa) * T(half) * T(rest);
        });
    }
    return norm;
}

void clip_gradient_value(std::vector<Variable>& gradients, double most) {
    require(most > 0.0, "clip_gradient_value: the largest value must be positive; got {}", most);
    for (Variable& g : gradients) {
        g = map(g.value(), [most](auto v) {
            const decltype(v) limit(most);
            return v > limit ? limit : v < -limit ? -limit : v;
        });
    }
}

}  // namespace adjoint
