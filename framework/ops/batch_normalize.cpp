#include "framework/ops/batch_normalize.h"

#include <array>
#include <numeric>

#include "framework/kernels/loops.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// ---- passes over memory ----

// Two sums a channel over all rows of a matrix [rows, C], in blocks of rows: add(row, sums) adds one row to the array
// [2, C] of sums.   Returns [2, C].
template <Scalar T, class Add>
Tensor sum_pairs(Index rows, Index channels, Add add) {
    const ProfileScope scope("batch_normalize");
    const Tensor partial = Tensor::build<T>({batch_blocks, 2, channels}, [&](std::span<T> out) {
        std::fill(out.begin(), out.end(), T{0});
        parallel_for(batch_blocks, [&](Index block) {
            T* const sums = out.data() + block * 2 * channels;
            for (Index row = block_begin(rows, block); row < block_begin(rows, block + 1); ++row) add(row, sums);
        });
    });
    return Tensor::build<T>({2, channels}, [&](std::span<T> out) {
        combine_blocks(partial.data<T>().data(), batch_blocks, 2 * channels, std::plus<>{}, out.data());
    });
}

template <class T>
void add_moments(const T* x, const T* shift, Index channels, T* sum, T* squares) {
    for (Index c = 0; c < channels; ++c) {
        const T d = x[c] - shift[c];
        sum[c] += d;
        squares[c] += d * d;
    }
}

template <class T>
void add_gradients(const T* g, const T* y, const T* x, const T* mean, T slope, Index channels, T* sum, T* products) {
    for (Index c = 0; c < channels; ++c) {
        const T h = y[c] > 0 ? g[c] : slope * g[c];
        sum[c] += h;
        products[c] += h * (x[c] - mean[c]);
    }
}

template <class T>
void affine_activated(const T* x, const T* a, const T* b, T slope, Index channels, T* y) {
    for (Index c = 0; c < channels; ++c) {
        y[c] = rectify(a[c] * x[c] + b[c], slope);
    }
}

template <class T>
void input_gradient(const T* g, const T* y, const T* x, const std::array<const T*, 3>& k, T slope, Index channels,
                    T* dx) {
    const auto [of_h, of_x, offset] = k;
    for (Index c = 0; c < channels; ++c) {
        const T h = y[c] > 0 ? g[c] : slope * g[c];
        dx[c] = of_h[c] * h + of_x[c] * x[c] + offset[c];
    }
}

void parallel_rows(Index rows, Index channels, const std::function<void(Index)>& row) {
    parallel_ranges(rows, std::max<Index>(1, elementwise_grain / channels), [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) row(r);
    });
}

// ---- the operation ----

// What the pullbacks share. Their sums over h are made in one pass, for whichever asks first.
struct Shared {
    Variable x, gamma, y;
    Tensor mean, deviation;  // μ and r
    double slope;
    Index channels, rows;
    std::uint64_t summed = 0;  // id of the adjoint whose sums these are
    Tensor sums;               // [2, C]: Σ h, Σ h·(x − μ)

    // An outer tape that needs to see through the pullbacks gets them as operations; else they are two passes.
    bool recorded(const Variable& g) const { return Tape::records(g) || Tape::records(x) || Tape::records(gamma); }

    Tensor channel_sums(const Variable& g, Index which) {
        if (summed != g.id()) {
            summed = g.id();
            sums = dispatch(x.dtype(), [&]<Scalar T>() {
                const T *const gs = g.value().data<T>().data(), *const ys = y.value().data<T>().data(),
                               *const xs = x.value().data<T>().data(), *const mu = mean.data<T>().data();
                return sum_pairs<T>(rows, channels, [&, s = T(slope), C = channels](Index row, T* out) {
                    add_gradients(gs + row * C, ys + row * C, xs + row * C, mu, s, C, out, out + C);
                });
            });
        }
        return slice(Variable(sums), {.axis = 0, .begin = which, .end = which + 1}).value().reshaped({channels});
    }
};

Variable fused_input_gradient(Shared& s, const Variable& g) {
    const ProfileScope scope("batch_normalize");
    const double n = static_cast<double>(s.rows);
    const Variable r = s.deviation, gamma = stop_gradient(s.gamma), mu = s.mean;
    const Variable h_sum = s.channel_sums(g, 0), product_sum = s.channel_sums(g, 1);
    // γ·r·(h − Σ h / n − (x − μ)·r²·Σ h·(x − μ) / n), gathered as of_h·h + of_x·x + offset.
    const Tensor of_h = (gamma * r).value();
    const Variable of_x = -(of_h * r * r * product_sum) / n;
    const Tensor offset = (-(of_h * h_sum) / n - of_x * mu).value();
    return dispatch(g.dtype(), [&]<Scalar T>() {
        const Index C = s.channels;
        const std::array<const T*, 3> k = {of_h.data<T>().data(), of_x.value().data<T>().data(),
                                           offset.data<T>().data()};
        return Tensor::build<T>(g.shape(), [&](std::span<T> dx) {
            const T *const gs = g.value().data<T>().data(), *const ys = s.y.value().data<T>().data(),
                           *const xs = s.x.value().data<T>().data();
            parallel_rows(s.rows, C, [&](Index row) {
                input_gradient(gs + row * C, ys + row * C, xs + row * C, k, T(s.slope), C, dx.data() + row * C);
            });
        });
    });
}

std::vector<Index> all_but_last(const Variable& x) {
    std::vector<Index> axes(static_cast<std::size_t>(x.rank() - 1));
    std::iota(axes.begin(), axes.end(), Index{0});
    return axes;
}

// The pullbacks as operations of x, γ and g.
struct Differentiable {
    Variable h, normalized, r;
    std::vector<Index> axes;

    Differentiable(const Shared& s, const Variable& g, double epsilon) : axes(all_but_last(s.x)) {
        h = relu_gradient(g, s.y, s.slope);
        const Variable centred = s.x - mean(s.x, axes);
        r = 1.0 / sqrt(mean(centred * centred, axes) + epsilon);
        normalized = centred * r;
    }
    Variable to_x(const Variable& gamma) const {
        return gamma * r * (h - mean(h, axes) - normalized * mean(h * normalized, axes));
    }
    Variable to_gamma() const { return sum(h * normalized, axes); }
    Variable to_beta() const { return sum(h, axes); }
};

}  // namespace

ChannelMoments channel_moments(const Tensor& x) {
    const Index channels = x.extent(-1), rows = x.size() / std::max<Index>(1, channels);
    return dispatch(x.dtype(), [&]<Scalar T>() -> ChannelMoments {
        const T* const elements = x.data<T>().data();
        // Sums of differences from the first row: one pass, and nothing is lost where the mean is far from 0.
        const Tensor sums = sum_pairs<T>(rows, channels, [&](Index row, T* out) {
            add_moments(elements + row * channels, elements, channels, out, out + channels);
        });
        const T* const s = sums.data<T>().data();
        const T n(static_cast<double>(rows));
        return {.mean = Tensor::build<T>({channels},
                                         [&](std::span<T> out) {
                                             for (Index c = 0; c < channels; ++c) out[c] = elements[c] + s[c] / n;
                                         }),
                .variance = Tensor::build<T>({channels}, [&](std::span<T> out) {
                    for (Index c = 0; c < channels; ++c) {
                        out[c] = std::max(T{0}, (s[channels + c] - s[c] * s[c] / n) / n);
                    }
                })};
    });
}

Variable batch_normalize(const Variable& x, const Variable& gamma, const Variable& beta, const ChannelMoments& moments,
                         const BatchNormalizeOptions& options) {
    const Index C = x.extent(-1), rows = x.size() / std::max<Index>(1, C);
    require(gamma.shape() == Shape{C} && beta.shape() == Shape{C},
            "batch_normalize: scale and shift must be [{}]; got {} and {}", C, gamma.shape(), beta.shape());
    require(options.activation.slope >= 0.0, "batch_normalize: the slope must not be negative; got {}",
            options.activation.slope);
    const Variable r = 1.0 / sqrt(Variable(moments.variance) + options.epsilon);
    const Tensor a = (stop_gradient(gamma) * r).value(), b = (stop_gradient(beta) - moments.mean * Variable(a)).value();
    const ProfileScope scope("batch_normalize");
    const Variable y = dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(x.shape(), [&](std::span<T> out) {
            const T* const in = x.value().data<T>().data();
            parallel_rows(rows, C, [&](Index row) {
                affine_activated(in + row * C, a.data<T>().data(), b.data<T>().data(), T(options.activation.slope), C,
                                 out.data() + row * C);
            });
        });
    });
    if (!Tape::recording()) return y;
    const auto shared = std::make_shared<Shared>(Shared{.x = x,
                                                        .gamma = gamma,
                                                        .y = y,
                                                        .mean = moments.mean,
                                                        .deviation = r.value(),
                                                        .slope = options.activation.slope,
                                                        .channels = C,
                                                        .rows = rows,
                                                        .sums = {}});
    const auto epsilon = options.epsilon;
    return record(y, {{x,
                       [=](const Variable& g) {
                           return shared->recorded(g) ? Differentiable(*shared, g, epsilon).to_x(shared->gamma)
                                                      : fused_input_gradient(*shared, g);
                       }},
                      {gamma,
                       [=](const Variable& g) {
                           return shared->recorded(g) ? Differentiable(*shared, g, epsilon).to_gamma()
                                                      : Variable(shared->channel_sums(g, 1)) * shared->deviation;
                       }},
                      {beta, [=](const Variable& g) {
                           return shared->recorded(g) ? Differentiable(*shared, g, epsilon).to_beta()
                                                      : Variable(shared->channel_sums(g, 0));
                       }}});
}

}  // namespace adjoint
