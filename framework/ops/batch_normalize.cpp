#include "framework/ops/batch_normalize.h"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>
#include <functional>
#include <numeric>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduce_loops.h"
#include "framework/ops/reduction.h"

namespace adjoint {
namespace {

// ---- passes over memory ----

// Of some rows of a channel: how many, their mean μ, and Σ (x − μ)².
template <class W>
struct Moments {
    W count, mean, squares;
};

// Those of the rows of both.
// Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
template <class W>
Moments<W> merged(const Moments<W>& a, const Moments<W>& b) {
    if (b.count == 0) return a;
    const W count = a.count + b.count, share = b.count / count, d = b.mean - a.mean;
    return {count, a.mean + d * share, a.squares + b.squares + d * d * share * a.count};
}

// The moments of `rows` rows, a few at a time: in one pass over memory, and as differences from the first of the
// few, so that what cancels is never more than a few rows differ.
template <class T>
void row_moments(const T* x, Index rows, Index channels, Moments<Wide<T>>* moments) {
    constexpr Index few = 256;
    const Scratch<Wide<T>> sums(2 * channels);
    Wide<T>*const first = sums.data(), *const second = first + channels;
    std::fill_n(moments, channels, Moments<Wide<T>>{});
    for (Index done = 0; done < rows; done += few) {
        const Index count = std::min(few, rows - done);
        const T* const shift = x + done * channels;
        std::fill_n(first, 2 * channels, Wide<T>{0});
        for (const T* row = shift; row < shift + count * channels; row += channels) {
            for (Index c = 0; c < channels; ++c) {
                const Wide<T> d = Wide<T>{row[c]} - Wide<T>{shift[c]};
                first[c] += d;
                second[c] += d * d;
            }
        }
        const auto n = static_cast<Wide<T>>(count);
        for (Index c = 0; c < channels; ++c) {
            const Wide<T> share = first[c] / n;
            moments[c] = merged(moments[c], {n, Wide<T>{shift[c]} + share, second[c] - first[c] * share});
        }
    }
}

// A tensor [C] of what f makes of each element.
template <Scalar T, class Of>
Tensor a_channel_each(Index channels, const Of* x, auto f) {
    return Tensor::build<T>({channels}, [&](std::span<T> out) {
        std::transform(x, x + channels, out.begin(), [f](const Of& v) { return flushed(static_cast<T>(f(v))); });
    });
}

// A batch of which each image has some rows of channels.
struct Rows {
    explicit Rows(const Tensor& x)
        : blocks(x.rank() > 1 ? BatchBlocks(x) : BatchBlocks(1)), channels(x.extent(-1)), an_image(1) {
        for (Index axis = 1; axis + 1 < x.rank(); ++axis) an_image *= x.extent(axis);
    }

    Index begin(Index block) const { return blocks.begin(block) * an_image; }
    /// Of all images, wherever they are.
    Index count() const { return blocks.images * an_image; }

    BatchBlocks blocks;
    Index channels, an_image;
};

// Two sums a channel over all rows: add(row, first, second) adds one row to both. Returns two tensors [C].
template <Scalar T, class Add>
std::array<Tensor, 2> sum_pairs(const Rows& rows, Add add) {
    const ProfileScope scope("batch_normalize");
    const Index blocks = rows.blocks.count(), channels = rows.channels;
    const Scratch<Wide<T>> partial(blocks * 2 * channels), totals(2 * channels);
    std::fill_n(partial.data(), blocks * 2 * channels, Wide<T>{0});
    parallel_for(blocks, [&](Index block) {
        Wide<T>* const sums = partial.data() + block * 2 * channels;
        for (Index row = rows.begin(block); row < rows.begin(block + 1); ++row) add(row, sums, sums + channels);
    });
    combine_blocks(rows.blocks, partial.data(), 2 * channels, std::plus<>{}, totals.data());
    return {a_channel_each<T>(channels, totals.data(), std::identity{}),
            a_channel_each<T>(channels, totals.data() + channels, std::identity{})};
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

// activation((x − μ)·a + b).
Tensor affine_activated(const Tensor& x, const Tensor& mean, const Tensor& a, const Tensor& b,
                        const Activation& activation) {
    const ProfileScope scope("batch_normalize");
    return Tensor::build(x.shape(), x.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T *const in = x.data<T>().data(), *const mu = mean.data<T>().data(), *const as = a.data<T>().data(),
                       *const bs = b.data<T>().data();
        const Index C = x.extent(-1);
        parallel_rows(x.size() / std::max<Index>(1, C), C, [&](Index begin, Index end) {
            for (Index at = begin * C; at < end * C; at += C)
                affine_activated(in + at, mu, as, bs, T(activation.slope), C, out.data() + at);
        });
    });
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
    Tensor mean, inverse_deviation;  // μ and r
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
                   return sum_pairs<T>(Rows(x.value()), add);
               });
    }
};

// In two passes.
Variable fused_pullback(Shared& s, const Variable& g, Input to) {
    const Variable r = s.inverse_deviation;
    if (to == Input::beta) return s.channel_sums(g)[0];
    if (to == Input::gamma) return s.channel_sums(g)[1] * r;
    const ProfileScope scope("batch_normalize");
    const std::array<Tensor, 2>& sums = s.channel_sums(g);
    const Variable h_sum = sums[0], product_sum = sums[1];
    const double n = static_cast<double>(Rows(s.x.value()).count());
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

// Throws unless these fit x.
void require_channels(const char* operation, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                      const ChannelMoments& moments, const BatchNormalizeOptions& options) {
    const Index C = x.extent(-1);
    require(gamma.shape() == Shape{C} && beta.shape() == Shape{C}, "{}: scale and shift must be [{}]; got {} and {}",
            operation, C, gamma.shape(), beta.shape());
    require(moments.mean.shape() == Shape{C} && moments.variance.shape() == Shape{C},
            "{}: mean and variance must be [{}]; got {} and {}", operation, C, moments.mean.shape(),
            moments.variance.shape());
    for (const Tensor& other : {gamma, beta, moments.mean, moments.variance}) require_same_dtype(operation, x, other);
    require_at_least(operation, 0,
                     {{"epsilon", options.epsilon}, {"the activation's slope", options.activation.slope}});
}

}  // namespace

Index values_a_channel(const Tensor& x) { return Rows(x).count(); }

ChannelMoments channel_moments(const Tensor& x) {
    const Rows rows(x);
    return dispatch(x.dtype(), [&]<Scalar T>() -> ChannelMoments {
        const T* const elements = x.data<T>().data();
        const Index C = rows.channels;
        const Scratch<Moments<Wide<T>>> partial(rows.blocks.count() * C), moments(C);
        const ProfileScope scope("batch_normalize");
        parallel_for(rows.blocks.count(), [&](Index block) {
            const Index begin = rows.begin(block), end = rows.begin(block + 1);
            row_moments(elements + begin * C, end - begin, C, partial.data() + block * C);
        });
        const auto merge = [](const auto& a, const auto& b) { return merged(a, b); };
        combine_blocks(rows.blocks, partial.data(), C, merge, moments.data());
        return {.mean = a_channel_each<T>(C, moments.data(), [](const auto& m) { return m.mean; }),
                .variance = a_channel_each<T>(C, moments.data(),
                                              [](const auto& m) { return larger(m.squares, Wide<T>{0}) / m.count; })};
    });
}

Variable batch_normalize(const Variable& x, const Variable& gamma, const Variable& beta, const ChannelMoments& moments,
                         const BatchNormalizeOptions& options) {
    require_channels("batch_normalize", x.value(), gamma.value(), beta.value(), moments, options);
    const Variable r = 1.0 / sqrt(Variable(moments.variance) + options.epsilon);
    const Tensor a = (stop_gradient(gamma) * r).value();
    const Variable y = affine_activated(x.value(), moments.mean, a, beta.value(), options.activation);
    if (!Tape::recording()) return y.value().divided_as(x.value());
    const auto shared = std::make_shared<Shared>(Shared{.x = x,
                                                        .gamma = gamma,
                                                        .y = y,
                                                        .mean = moments.mean,
                                                        .inverse_deviation = r.value(),
                                                        .options = options,
                                                        .channels = x.extent(-1),
                                                        .rows = x.size() / std::max<Index>(1, x.extent(-1))});
    const auto pullback = [&](Input to) {
        return [shared, to](const Variable& g) {
            const bool seen = Tape::records(g) || Tape::records(shared->x) || Tape::records(shared->gamma);
            return seen ? composed_pullback(*shared, g, to) : fused_pullback(*shared, g, to);
        };
    };
    return record(y, {{x, pullback(Input::x)}, {gamma, pullback(Input::gamma)}, {beta, pullback(Input::beta)}});
}

Variable normalize_by(const Variable& x, const Variable& gamma, const Variable& beta, const Variable& mean,
                      const Variable& variance, const BatchNormalizeOptions& options) {
    require_channels("normalize_by", x.value(), gamma.value(), beta.value(), {mean.value(), variance.value()}, options);
    const auto r_of = [epsilon = options.epsilon](const Variable& v) { return 1.0 / sqrt(v + epsilon); };
    const Tensor a = (stop_gradient(gamma) * r_of(stop_gradient(variance))).value();
    const Variable y = affine_activated(x.value(), mean.value(), a, beta.value(), options.activation);
    const auto h = [y, slope = options.activation.slope](const Variable& g) { return relu_gradient(g, y, slope); };
    const auto sum_each = [of = Extents(beta)](const Variable& v) { return sum_as(v, of); };
    const auto products = [=](const Variable& g) { return sum_each(h(g) * (x - mean)); };
    return record(y.value().divided_as(x.value()),
                  {{x, [=](const Variable& g) { return h(g) * (gamma * r_of(variance)); }},
                   {gamma, [=](const Variable& g) { return r_of(variance) * products(g); }},
                   {beta, [=](const Variable& g) { return sum_each(h(g)); }},
                   {mean, [=](const Variable& g) { return -(gamma * r_of(variance)) * sum_each(h(g)); }},
                   {variance,
                    [=](const Variable& g) {
                        const Variable r = r_of(variance);
                        return -0.5 * gamma * r * r * r * products(g);
                    }}},
                  {{"options", options}});
}

}  // namespace adjoint
