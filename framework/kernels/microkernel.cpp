// What is said of each r and v below is written out for all of them: each sum[r][v] is a register.
#include "framework/kernels/microkernel.h"

#include <algorithm>

#include "framework/tensor/shape.h"

namespace adjoint::direct {
namespace {

// Stores R rows of V vectors at(r), or as many of a row's numbers as there are columns.
template <Scalar T, int R, int V>
[[gnu::always_inline]] inline void store_tile(const Vector<T> (&sum)[R][V], Index columns, auto at) {
    if (columns == V * lanes<T>)
        return for_each_vector<R, V>([&]<int r, int v>() { store(at(r) + v * lanes<T>, sum[r][v]); });
    T rows[R][V * lanes<T>];
    for_each_vector<R, V>([&]<int r, int v>() { store(rows[r] + v * lanes<T>, sum[r][v]); });
    for (int r = 0; r < R; ++r) std::copy_n(rows[r], columns, at(r));
}

// Finishes R rows of V vectors and writes them. In registers until it is done, and so it becomes part of each tile.
template <Scalar T, int R, int V>
[[gnu::always_inline]] inline void write_tile(Vector<T> (&sum)[R][V], Index columns, const Epilogue<const T*>& epilogue,
                                              T* const* results) {
    const auto slope = static_cast<T>(epilogue.activation.slope);
    if (epilogue.bias != nullptr)
        for_each_vector<R, V>([&]<int r, int v>() { sum[r][v] += load(epilogue.bias + v * lanes<T>); });
    if (slope != 1) for_each_vector<R, V>([&]<int r, int v>() { sum[r][v] = rectify(sum[r][v], slope); });
    store_tile<T, R, V>(sum, columns, [&](int r) { return results[r]; });
}

// Adds R rows of V vectors to sums.
template <Scalar T, int R, int V>
[[gnu::always_inline]] inline void add_tile(Vector<T> (&sum)[R][V], Index columns, T* sums, Index stride) {
    for_each_vector<R, V>([&]<int r, int v>() { sum[r][v] += load(sums + r * stride + v * lanes<T>); });
    store_tile<T, R, V>(sum, columns, [&](int r) { return sums + r * stride; });
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
    write_tile<SumOf<F>, R, V>(sum, panel.columns, epilogue, results);
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
        write_tile<T, R, V>(sum, panel.columns, epilogue, results);
    });
}

// Row c of L taps by V vectors of columns, of several groups.
template <Scalar T, int L, int V, class Read>
void line_tile(const JoinedLines<T>& lines, Index c, Read read, Index columns, T* sums, Index stride) {
    Vector<T> sum[L][V];
    for_each_vector<L, V>([&]<int l, int v>() { sum[l][v] = Vector<T>{}; });
    for (Index j = 0; j < lines.count; ++j) {
        const T *const image = lines.image + j * lines.image_step, *const output = lines.output + j * lines.output_step;
        unrolled<V>([&]<int v>() {
            const Vector<T> y = load(output + v * lanes<T>);
            unrolled<L>([&]<int l>() { sum[l][v] += read(image + l * lines.tap_step + v * lanes<T>, c) * y; });
        });
    }
    add_tile<T, L, V>(sum, columns, sums, stride);
}

// Calls tile<R, V>(row, column, columns) for the tiles of R rows by V vectors that cover the sums of filters.
template <class F, class Tile>
void for_each_sums_tile(const Matrix<SumOf<F>>& sums, Tile tile) {
    for (Index offset = 0; offset < sums.columns; offset += tile_columns<F>) {
        const Index columns = std::min(tile_columns<F>, sums.columns - offset);
        for_each_tile<tile_rows>(sums.rows, [&]<int R>(Index begin) {
            with_constant<2>(columns > lanes<F> ? 2 : 1,
                             [&]<int V>() { tile.template operator()<R, V>(begin, offset, columns); });
        });
    }
}

// R numbers of each left row by V vectors of each right row.
template <class F, int R, int V>
void outer_tile(const F* const* left, Index first, const F* const* right, Index offset, Index rows, Index columns,
                SumOf<F>* sums, Index sums_stride) {
    using T = SumOf<F>;
    Vector<T> sum[R][V];
    for_each_vector<R, V>([&]<int r, int v>() { sum[r][v] = Vector<T>{}; });
    for (Index i = 0; i < rows; ++i) {
        const F* const a = left[i] + first;
        Vector<F> b[V];
        unrolled<V>([&]<int v>() { b[v] = load(right[i] + offset + v * lanes<F>); });
        for_each_vector<R, V>([&]<int r, int v>() { add_product<F>(sum[r][v], a[r], b[v]); });
    }
    add_tile<T, R, V>(sum, columns, sums, sums_stride);
}

// R entries by V vectors of columns.
template <class F, int R, int V>
void pixel_tile(const F* const* entries, const PixelsOfLines<F>& pixels, Index offset, Index columns, SumOf<F>* sums,
                Index stride) {
    using T = SumOf<F>;
    Vector<T> sum[R][V];
    for_each_vector<R, V>([&]<int r, int v>() { sum[r][v] = Vector<T>{}; });
    const F* target = pixels.target + offset;
    for (Index i = 0; i < pixels.lines; ++i) {
        Index at = pixels.offset + i * pixels.line_step;
        for (Index j = 0; j < pixels.width; ++j, at += pixels.pixel_step, target += pixels.target_step) {
            Vector<F> y[V];
            unrolled<V>([&]<int v>() { y[v] = load(target + v * lanes<F>); });
            for_each_vector<R, V>([&]<int r, int v>() { add_product<F>(sum[r][v], entries[r][at], y[v]); });
        }
    }
    add_tile<T, R, V>(sum, columns, sums, stride);
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

template <class F>
void OuterProducts<F>::sum_collected() {
    for_each_sums_tile<F>(sums_, [&]<int R, int V>(Index row, Index column, Index columns) {
        outer_tile<F, R, V>(left_.data(), row, right_.data(), column, static_cast<Index>(count_), columns,
                            sums_.data + row * sums_.stride + column, sums_.stride);
    });
    count_ = 0;
}

template <Scalar T>
void sum_along_lines(const JoinedLines<T>& lines, const SmallGroups<T>& groups, const Matrix<T>& sums) {
    constexpr int most_taps = 5;
    const Index width = groups.count * groups.columns, depth = groups.count * groups.rows;
    for_each_tile<most_taps>(sums.rows / groups.rows, [&]<int L>(Index begin) {
        JoinedLines<T> at = lines;
        at.image += begin * lines.tap_step;
        T* row = sums.data + begin * groups.rows * sums.stride;
        const auto add = [&]<int V>(Index columns) {
            groups.with_reader([&](auto read, auto rows) {
                for (Index c = 0; c < rows; ++c)
                    line_tile<T, L, V>(at, c, read, columns, row + c * sums.stride, groups.rows * sums.stride);
            });
            at.image += V * depth;
            at.output += columns;
            row += columns;
        };
        Index left = sums.columns;
        constexpr int V = group_tile_vectors;
        for (; groups.whole() && left >= V * width; left -= V * width) add.template operator()<V>(V * width);
        for (; left > 0; left -= width) add.template operator()<1>(std::min(width, left));
    });
}

template <class F>
void sum_along_pixels(std::span<const F* const> entries, const PixelsOfLines<F>& pixels, const Matrix<SumOf<F>>& sums) {
    for_each_sums_tile<F>(sums, [&]<int R, int V>(Index row, Index column, Index columns) {
        pixel_tile<F, R, V>(&entries[row], pixels, column, columns, sums.data + row * sums.stride + column,
                            sums.stride);
    });
}

#define ADJOINT_INSTANTIATE(F)                                                                       \
    template void sum_over_taps<F>(std::span<const F* const>, std::span<const Tap>, const Panel<F>&, \
                                   const Epilogue<const SumOf<F>*>&, std::span<SumOf<F>* const>);    \
    template class OuterProducts<F>;                                                                 \
    template void sum_along_pixels(std::span<const F* const>, const PixelsOfLines<F>&, const Matrix<SumOf<F>>&);
ADJOINT_INSTANTIATE(float)
ADJOINT_INSTANTIATE(double)
#if defined(__AVX512BF16__)
ADJOINT_INSTANTIATE(Bfloat16Pair)
#endif
#undef ADJOINT_INSTANTIATE

template void sum_along_lines(const JoinedLines<float>&, const SmallGroups<float>&, const Matrix<float>&);
template void sum_along_lines(const JoinedLines<double>&, const SmallGroups<double>&, const Matrix<double>&);

}  // namespace adjoint::direct
