#include "train/optim/gradient_clipping.h"

#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "framework/kernels/loops.h"
#include "framework/ops/elementwise.h"

namespace adjoint {

namespace {

// Σ x² over [begin, end), in the order of reduce_rows, without a tensor for what is only passed through.
template <Scalar T>
double squares_between(const T* x, Index begin, Index end) {
    constexpr Index lanes = 16;
    std::array<double, lanes> partial = {};
    const auto add = [&](Index lane, Index i) {
        partial[lane] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    };
    Index i = begin;
    for (; i + lanes <= end; i += lanes) {
        for (Index lane = 0; lane < lanes; ++lane) add(lane, i + lane);
    }
    for (; i < end; ++i) add(0, i);
    return std::accumulate(partial.begin(), partial.end(), 0.0);
}

// Σ x², as sum(x·x) adds it up: in blocks where there are many elements.
double sum_of_squares(const Tensor& x) {
    return dispatch(x.dtype(), [&]<Scalar T>() {
        const T* const values = x.data<T>().data();
        if (x.size() <= elementwise_grain) return squares_between(values, 0, x.size());
        std::array<double, batch_blocks> blocks;
        double total = 0.0;
        parallel_for(batch_blocks, [&](Index b) {
            blocks[b] = squares_between(values, block_begin(x.size(), b), block_begin(x.size(), b + 1));
        });
        combine_blocks(blocks.data(), batch_blocks, Index{1}, std::plus<>{}, &total);
        return total;
    });
}

}  // namespace

double gradient_norm(const std::vector<Variable>& gradients) {
    double squares = 0.0;
    for (const Variable& g : gradients) squares += sum_of_squares(g.value());
    return std::sqrt(squares);
}

double clip_gradient_norm(std::vector<Variable>& gradients, double most) {
    require(most > 0.0, "clip_gradient_norm: the largest norm must be positive; got {}", most);
    const double norm = gradient_norm(gradients), factor = most / (norm + 1e-6);
    if (factor >= 1.0) return norm;
    for (Variable& g : gradients) g = g * factor;
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
