// Microkernel of pixels. What is said of each r and v below is written out for all of them: each sum[r][v] is a
// register.
#include "framework/kernels/microkernel.h"

#include <algorithm>

#include "framework/tensor/shape.h"

namespace adjoint::direct {
namespace {

// Finishes R rows of V vectors and writes them at(r). In registers until then, and so it becomes part of each tile.
template <Scalar T, int R, int V>
[[gnu::always_inline]] inline void write_tile(Vector<T> (&sum)[R][V], Index columns, const Epilogue<const T*>& epilogue,
                                              auto at) {
    const auto slope = static_cast<T>(epilogue.activation.slope);
    if (epilogue.bias != nullptr)
        for_each_vector<R, V>([&]<int r, int v>() { sum[r][v] += load(epilogue.bias + v * lanes<T>); });
    if (slope != 1) for_each_vector<R, V>([&]<int r, int v>() { sum[r][v] = rectify(sum[r][v], slope); });
    store_tile<T, R, V>(sum, columns, at);
}

// R rows by V vectors.
template <class F, int R, int V>
void tap_tile(const F* const* sources, std::span<const Tap> taps, const Panel<F>& panel,
              Epilogue<const SumOf<F>*> epilogue, SumOf<F>* const* results) {
    constexpr Index width = V * lanes<F>;
    Vector<SumOf<F>> sum[R][V];
    for_each_vector<R, V>([&]<int r, int v>() {
        __builtin_prefetch(results[r] + v * lanes<F>, /*write=*/1);  // there when the sum is
        sum[r][v] = Vector<SumOf<F>>{};
    });
    const auto add = [&](Index at, const F* filter) __attribute__((always_inline)) {
        Vector<F> f[V];
        unrolled<V>([&]<int v>() { f[v] = load(filter + v * lanes<F>); });
        for_each_vector<R, V>([&]<int r, int v>() { add_product<F>(sum[r][v], sources[r][at], f[v]); });
    };
    if (taps.size() > 0 && taps[0].length == 1) {
        for (const Tap& tap : taps) add(tap.source, panel.filters + tap.filter * width);
    } else {
        for (const Tap& tap : taps) {
            const F* filter = panel.filters + tap.filter * width;
#pragma GCC unroll 2
            for (Index c = tap.source; c < tap.source + tap.length; ++c, filter += width) add(c, filter);
        }
    }
    write_tile<SumOf<F>, R, V>(sum, panel.columns, epilogue, [&](int r) { return results[r]; });
}

// Lane i of the result is the sum of the lanes of v[i], added as a tree: halves, quarters, … to each other.
template <Scalar T, int half = lanes<T> / 2>
Vector<T> sums_of_lanes(Vector<T> (&v)[lanes<T>]) {
    if constexpr (half == 0) {
        return v[0];
    } else {
        unrolled<half>([&]<int i>() {
            swap_quarters<T, half>(v[i], v[i + half]);
            v[i] += v[i + half];
        });
        return sums_of_lanes<T, half / 2>(v);
    }
}

// R rows by C columns, each sum spread over the lanes of a vector; taps are whole vectors long.
template <class F, int R, int C>
void column_tile(const F* const* sources, std::span<const Tap> taps, const Panel<F>& panel,
                 const Epilogue<const SumOf<F>*>& epilogue, SumOf<F>* const* results) {
    using T = SumOf<F>;
    Vector<T> sum[lanes<T>];
    unrolled<lanes<T>>([&]<int i>() { sum[i] = Vector<T>{}; });
    for (const Tap& tap : taps) {
        const F* filter = panel.filters + tap.filter * C;
        for (Index c = tap.source; c < tap.source + tap.length; c += lanes<F>, filter += C * lanes<F>) {
            Vector<F> f[C];
            unrolled<C>([&]<int o>() { f[o] = load(filter + o * lanes<F>); });
            for_each_vector<R, C>([&]<int r, int o>() { add_product<F>(sum[r * C + o], load(sources[r] + c), f[o]); });
        }
    }
    const Vector<T> sums = sums_of_lanes<T>(sum);
    for (int i = 0; i < R * C; ++i) results[i / C][i % C] = finish(sums[i], epilogue, i % C);
}

// R rows by V vectors of columns, of several groups.
template <Scalar T, int R, int V>
void group_tile(const T* const* sources, std::span<const Tap> taps, const Panel<T>& panel,
                const Epilogue<const T*>& epilogue, T* const* results) {
    panel.groups->with_reader([&](auto read, auto rows) {
        Vector<T> sum[R][V];
        for_each_vector<R, V>([&]<int r, int v>() {
            __builtin_prefetch(results[r] + v * lanes<T>, /*write=*/1);
            sum[r][v] = Vector<T>{};
        });
        for (const Tap& tap : taps) {
            const T* filter = panel.filters + tap.filter * V * lanes<T>;
            const Index first = panel.source + tap.source;
            for (Index c = 0; c < rows; ++c, filter += V * lanes<T>) {
                Vector<T> f[V];
                unrolled<V>([&]<int v>() { f[v] = load(filter + v * lanes<T>); });
                for_each_vector<R, V>(
                    [&]<int r, int v>() { sum[r][v] += read(sources[r] + first + v * lanes<T>, c) * f[v]; });
            }
        }
        write_tile<T, R, V>(sum, panel.columns, epilogue, [&](int r) { return results[r]; });
    });
}

// R pixels by a vector of columns, over runs of L taps, for all of which a source is loaded once.
template <Scalar T, int R, int L>
void run_tile(const PixelRow<T>& pixels, std::span<const Tap> runs, const T* filters, Index row, Index columns,
              const Epilogue<const T*>& epilogue) {
    Vector<T> sum[R][1];
    unrolled<R>([&]<int r>() {
        __builtin_prefetch(pixels.result + r * pixels.result_step, /*write=*/1);
        sum[r][0] = Vector<T>{};
    });
    const Index step = pixels.source_step;
    for (const Tap& run : runs) {
        const T *const source = pixels.source + run.source, *const filter = filters + run.filter * row;
        Vector<T> f[L];
        unrolled<L>([&]<int l>() { f[l] = load(filter + l * row); });
        unrolled<R + L - 1>([&]<int q>() {
            const Vector<T> x = held<T>(load(source + q * step));
            unrolled<L>([&]<int l>() {
                if constexpr (l <= q && q < l + R) sum[q - l][0] += x * f[l];
            });
        });
    }
    write_tile<T, R, 1>(sum, columns, epilogue, [&](int r) { return pixels.result + r * pixels.result_step; });
}

}  // namespace

template <class F>
void sum_over_taps(std::span<const F* const> sources, std::span<const Tap> taps, const Panel<F>& panel,
                   const Epilogue<const SumOf<F>*>& epilogue, std::span<SumOf<F>* const> results) {
    const Index rows = std::ssize(sources);
    if constexpr (std::floating_point<F>) {
        if (panel.groups != nullptr) {
            return for_each_tile<group_tile_rows>(rows, [&]<int R>(Index begin) {
                with_constant<group_tile_vectors>(ceil_divide(panel.columns, lanes<F>), [&]<int V>() {
                    group_tile<F, R, V>(&sources[begin], taps, panel, epilogue, &results[begin]);
                });
            });
        }
    }
    if (panel.layout == FilterLayout::columns) {
        return with_constant<spread_columns<F>>(panel.columns, [&]<int C>() {
            for_each_tile<lanes<F> / C>(rows, [&]<int R>(Index begin) {
                column_tile<F, R, C>(&sources[begin], taps, panel, epilogue, &results[begin]);
            });
        });
    }
    for_each_tile<tile_rows>(rows, [&]<int R>(Index begin) {
        with_constant<2>(panel.columns > lanes<F> ? 2 : 1,
                         [&]<int V>() { tap_tile<F, R, V>(&sources[begin], taps, panel, epilogue, &results[begin]); });
    });
}

template <Scalar T>
void sum_over_tap_runs(const PixelRow<T>& pixels, std::span<const Tap> runs, const Panel<T>& panel,
                       const Epilogue<const T*>& epilogue) {
    const Index row = ceil_divide(panel.columns, lanes<T>) * lanes<T>;
    with_constant<longest_tap_run>(runs[0].length, [&]<int L>() {
        for_each_tile<tile_rows>(pixels.count, [&]<int R>(Index begin) {
            PixelRow<T> at = pixels;
            at.source += begin * at.source_step;
            at.result += begin * at.result_step;
            for (Index o = 0; o < panel.columns; o += lanes<T>) {
                run_tile<T, R, L>(at, runs, panel.filters + o, row, std::min(lanes<T>, panel.columns - o),
                                  from(epilogue, o));
                at.source += lanes<T>;
                at.result += lanes<T>;
            }
        });
    });
}

#define ADJOINT_INSTANTIATE(F)                                                                       \
    template void sum_over_taps<F>(std::span<const F* const>, std::span<const Tap>, const Panel<F>&, \
                                   const Epilogue<const SumOf<F>*>&, std::span<SumOf<F>* const>);
ADJOINT_FOR_FACTORS(ADJOINT_INSTANTIATE)
#undef ADJOINT_INSTANTIATE

template void sum_over_tap_runs(const PixelRow<float>&, std::span<const Tap>, const Panel<float>&,
                                const Epilogue<const float*>&);
template void sum_over_tap_runs(const PixelRow<double>&, std::span<const Tap>, const Panel<double>&,
                                const Epilogue<const double*>&);

}  // namespace adjoint::direct
