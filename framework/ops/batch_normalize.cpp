#include "framework/ops/batch_normalize.h"

#include <array>
#include <numeric>

#include "framework/kernels/loops.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"

namespace adjoint {
namespace {

// ---- passes over memory ----

// Two sums a channel over all rows of a matrix [rows, C], in blocks of rows: add(row, first, second) adds one row to
// both. Returns two tensors [C], of what finish(c, first, second) makes of each pair.
template <Scalar T, class Add, class Finish>
std::array<Tensor, 2> sum_pairs(Index rows, Index channels, Add add, Finish finish) {
    const ProfileScope scope("batch_normalize");
    const Scratch<Wide<T>> partial(batch_blocks * 2 * channels), totals(2 * channels);
    std::fill_n(partial.data(), batch_blocks * 2 * channels, Wide<T>{0});
    parallel_for(batch_blocks, [&](Index block) {
        Wide<T>* const sums = partial.data() + block * 2 * channels;
        for (Index row = block_begin(rows, block); row < block_begin(rows, block + 1); ++row)
            add(row, sums, sums + channels);
    });
    combine_blocks(partial.data(), batch_blocks, 2 * channels, std::plus<>{}, totals.data());
    std::array<Tensor, 2> result = {Tensor::zeros({channels}, dtype_of<T>), Tensor::zeros({channels}, dtype_of<T>)};
    const std::span<T> firsts = result[0].edit<T>(), seconds = result[1].edit<T>();
    for (Index c = 0; c < channels; ++c) {
        const auto [first, second] = finish(c, totals.data()[c], totals.data()[channels + c]);
        firsts[c] = flushed(static_cast<T>(first));
        seconds[c] = flushed(static_cast<T>(second));
    }
    return result;
}

template <class T>
void add_moments(const T* x, const T* shift, Index channels, Wide<T>* sum, Wide<T>* squares) {
    for (Index c = 0; c < channels; ++c) {
        const Wide<T> d = Wide<T>{x[c]} - Wide<T>{shift[c]};
        sum[c] += d;
        squares[c] += d * d;
    }
}

template <class T>
void add_gradients(const T* g, const T* y, const T* x, const T* mean, T slope, Index channels, Wide<T>* sum,
                   Wide<T>* products) {
    for (Index c = 0; c < channels; ++c) {
        const Wide<T> h{rectify_gradient(g[c], y[c], slope)};
        sum[c] += h;
        products[c] += h * (Wide<T>{x[c]} - Wide<T>{mean[c]});
    }
}

template <class T>
void affine_activated(const T* x, const T* mean, const T* a, const T* b, T slope, Index channels, T* y) {
    for (Index c = 0; c < channels; ++c) y[c] = rectify((x[c] - mean[c]) * a[c] + b[c], slope);
}

template <class T>
void input_gradient(const T* g, const T* y, const T* x, const std::array<const T*, 4>& of, T slope, Index channels,
                    T* dx) {
    const auto [mean, factor, h_mean, share] = of;
    for (Index c = 0; c < channels; ++c) {
        const T h = rectify_gradient(g[c], y[c], slope);
        dx[c] = factor[c] * (h - h_mean[c] - (x[c] - mean[c]) * share[c]);
    }
}

// ---- the pullbacks ----

enum class Input { x, gamma, beta };

// What they share. Their sums over h are made in one pass, for whichever asks first.
struct Shared {
    Variable x, gamma, y;
    Tensor mean, deviation;  // μ and r
    BatchNormalizeOptions options;
    Index channels, rows;
    std::uint64_t summed = 0;         // id of the adjoint whose sums these are
    std::array<Tensor, 2> sums = {};  // Σ h and Σ h·(x − μ)

    const std::array<Tensor, 2>& channel_sums(const Variable& g) {
        if (std::exchange(summed, g.id()) == g.id()) return sums;
        return sums = dispatch(x.dtype(), [&]<Scalar T>() {
                   const T *const gs = g.value().data<T>().data(), *const ys = y.value().data<T>().data(),
                                  *const xs = x.value().data<T>().data(), *const mu = mean.data<T>().data();
                   const auto add = [&, slope = T(options.activation.slope), C = channels](Index row, auto* h,
                                                                                           auto* products) {
                       add_gradients(gs + row * C, ys + row * C, xs + row * C, mu, slope, C, h, products);
                   };
                   return sum_pairs<T>(rows, channels, add,
                                       [](Index, auto h, auto products) { return std::pair(h, products); });
               });
    }
};

// In two passes.
Variable fused_pullback(Shared& s, const Variable& g, Input to) {
    const Variable r = s.deviation;
    if (to == Input::beta) return s.channel_sums(g)[0];
    if (to == Input::gamma) return s.channel_sums(g)[1] * r;
    const ProfileScope scope("batch_normalize");
    const std::array<Tensor, 2>& sums = s.channel_sums(g);
    const Variable h_sum = sums[0], product_sum = sums[1];
    const double n = static_cast<double>(s.rows);
    // γ·r·(h − Σ h / n − (x − μ)·r²·Σ h·(x − μ) / n), gathered as factor·(h − h_mean − (x − μ)·share).
    const Variable factor = s.gamma * r, h_mean = h_sum / n, share = r * (r * product_sum / n);
    return Tensor::build(g.shape(), g.dtype(), [&]<Scalar T>(std::span<T> dx) {
        const auto numbers = [](const Variable& v) { return v.value().data<T>().data(); };
        const std::array<const T*, 4> of = {numbers(s.mean), numbers(factor), numbers(h_mean), numbers(share)};
        const T *const gs = numbers(g), *const ys = numbers(s.y), *const xs = numbers(s.x);
        const Index C = s.channels;
        parallel_rows(s.rows, C, [&](Index begin, Index end) {
            for (Index at = begin * C; at < end * C; at += C)
                input_gradient(gs + at, ys + at, xs + at, of, T(s.options.activation.slope), C, dx.data() + at);
        });
    });
}

// As operations of x, γ and g, for an outer tape that needs to see through them.
Variable composed_pullback(const Shared& s, const Variable& g, Input to) {
    std::vector<Index> axes(static_cast<std::size_t>(s.x.rank() - 1));
    std::iota(axes.begin(), axes.end(), Index{0});
    const Variable h = relu_gradient(g, s.y, s.options.activation.slope);
    if (to == Input::beta) return sum(h, axes);
    const Variable centred = s.x - mean(s.x, axes);
    const Variable r = 1.0 / sqrt(mean(centred * centred, axes) + s.options.epsilon);
    const Variable normalized = centred * r;
    if (to == Input::gamma) return sum(h * normalized, axes);
    return s.gamma * r * (h - mean(h, axes) - normalized * mean(h * normalized, axes));
}

}  // namespace

ChannelMoments channel_moments(const Tensor& x) {
    const Index channels = x.extent(-1), rows = x.size() / std::max<Index>(1, channels);
    return dispatch(x.dtype(), [&]<Scalar T>() -> ChannelMoments {
        const T* const elements = x.data<T>().data();
        // One pass, over differences from the first row x₀: as (x₀ − μ)² ≤ n·σ², no more cancels in σ² than wide
        // numbers have digits for.
        const Wide<T> n(static_cast<double>(rows));
        auto [mean, variance] = sum_pairs<T>(
            rows, channels,
            [&](Index row, auto* sum, auto* squares) {
                add_moments(elements + row * channels, elements, channels, sum, squares);
            },
            [&](Index c, auto sum, auto squares) {
                return std::pair(elements[c] + sum / n, larger((squares - sum * sum / n) / n, Wide<T>{0}));
            });
        return {.mean = std::move(mean), .variance = std::move(variance)};
    });
}

Variable batch_normalize(const Variable& x, const Variable& gamma, const Variable& beta, const ChannelMoments& moments,
                         const BatchNormalizeOptions& options) {
    const Index C = x.extent(-1), rows = x.size() / std::max<Index>(1, C);
    const double slope = options.activation.slope;
    require(gamma.shape() == Shape{C} && beta.shape() == Shape{C},
            "batch_normalize: scale and shift must be [{}]; got {} and {}", C, gamma.shape(), beta.shape());
    require(slope >= 0.0, "batch_normalize: the slope must not be negative; got {}", slope);
    const Variable r = 1.0 / sqrt(Variable(moments.variance) + options.epsilon);
    const Tensor a = (stop_gradient(gamma) * r).value();
    const ProfileScope scope("batch_normalize");
    const Variable y = Tensor::build(x.shape(), x.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T *const in = x.value().data<T>().data(), *const mu = moments.mean.data<T>().data(),
                       *const as = a.data<T>().data(), *const bs = beta.value().data<T>().data();
        parallel_rows(rows, C, [&](Index begin, Index end) {
            for (Index at = begin * C; at < end * C; at += C)
                affine_activated(in + at, mu, as, bs, T(slope), C, out.data() + at);
        });
    });
    if (!Tape::recording()) return y;
    const auto shared = std::make_shared<Shared>(Shared{.x = x,
                                                        .gamma = gamma,
                                                        .y = y,
                                                        .mean = moments.mean,
                                                        .deviation = r.value(),
                                                        .options = options,
                                                        .channels = C,
                                                        .rows = rows});
    const auto pullback = [&](Input to) {
        return [shared, to](const Variable& g) {
            const bool seen = Tape::records(g) || Tape::records(shared->x) || Tape::records(shared->gamma);
            return seen ? composed_pullback(*shared, g, to) : fused_pullback(*shared, g, to);
        };
    };
    return record(y, {{x, pullback(Input::x)}, {gamma, pullback(Input::gamma)}, {beta, pullback(Input::beta)}});
}

}  // namespace adjoint
