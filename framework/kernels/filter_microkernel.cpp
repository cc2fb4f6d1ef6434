// Microkernel of filters: sums over pixels, in tiles of the filters' gradient.
#include <algorithm>

#include "framework/kernels/microkernel.h"
#include "framework/tensor/shape.h"

namespace adjoint::direct {
namespace {

// Adds R rows of V vectors, or as many of a row's numbers as there are columns, to sums. What lies behind these is not
// even read: another thread may be adding to it.
template <Scalar T, int R, int V>
[[gnu::always_inline]] inline void add_tile(const Vector<T> (&sum)[R][V], Index columns, T* sums, Index stride) {
    if (columns == V * lanes<T>)
        return for_each_vector<R, V>([&]<int r, int v>() {
            T* const to = sums + r * stride + v * lanes<T>;
            store(to, load(to) + sum[r][v]);
        });
    T rows[R][V * lanes<T>];
    store_tile<T, R, V>(sum, V * lanes<T>, [&](int r) { return rows[r]; });
    for (int r = 0; r < R; ++r) {
        for (Index i = 0; i < columns; ++i) sums[r * stride + i] += rows[r][i];
    }
}

// Row c of L taps, from the first on, by V vectors of columns, of several groups.
template <Scalar T, int L, int V, class Read>
void line_tile(const JoinedLines<T>& lines, Index first, Index c, Read read, Index columns, T* sums, Index stride) {
    Vector<T> sum[L][V];
    for_each_vector<L, V>([&]<int l, int v>() { sum[l][v] = Vector<T>{}; });
    const ConvAxis& axis = lines.axis;
    const auto at = [&](Index j, Index l) { return lines.image + axis.pixel(j, first + l) * lines.image_step; };
    const auto add_border = [&](Index begin, Index end) __attribute__((always_inline)) {
        for (Index j = begin; j < end; ++j) {
            unrolled<L>([&]<int l>() {
                const Index pixel = axis.pixel(j, first + l);
                if (pixel < 0 || pixel >= axis.image) return;
                unrolled<V>([&]<int v>() {
                    sum[l][v] +=
                        read(at(j, l) + v * lanes<T>, c) * load(lines.output + j * lines.output_step + v * lanes<T>);
                });
            });
        }
    };
    Index j = lines.begin;
    const auto add = [&]<int U>() __attribute__((always_inline)) {
        const T *const image = at(j, 0), *const output = lines.output + j * lines.output_step;
        const Index step = axis.dilation * lines.image_step;
        Vector<T> y[U][V];
        for_each_vector<U, V>(
            [&]<int u, int v>() { y[u][v] = held<T>(load(output + u * lines.output_step + v * lanes<T>)); });
        for_each_vector<U + L - 1, V>([&]<int q, int v>() {
            const Vector<T> x = held<T>(read(image + q * step + v * lanes<T>, c));
            unrolled<L>([&]<int l>() {
                if constexpr (l <= q && q < l + U) sum[l][v] += x * y[q - l][v];
            });
        });
        j += U;
    };
    add_border(0, lines.begin);
    if (axis.stride == axis.dilation) {  // neighbouring taps lead from neighbouring pixels to the same one
        constexpr int several = std::clamp<int>((vector_registers - 2) / V - L, 1, 4);
        while (j + several <= lines.end) add.template operator()<several>();
    }
    while (j < lines.end) add.template operator()<1>();
    add_border(lines.end, axis.output);
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
        T* row = sums.data + begin * groups.rows * sums.stride;
        const auto add = [&]<int V>(Index columns) {
            groups.with_reader([&](auto read, auto rows) {
                for (Index c = 0; c < rows; ++c)
                    line_tile<T, L, V>(at, begin, c, read, columns, row + c * sums.stride, groups.rows * sums.stride);
            });
            at.image += V * depth;
            at.output += columns;
            row += columns;
        };
        Index left = sums.columns;
        constexpr int V = L * group_tile_vectors <= vector_registers / 2 ? group_tile_vectors : group_tile_vectors / 2;
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

#define ADJOINT_INSTANTIATE(F)       \
    template class OuterProducts<F>; \
    template void sum_along_pixels(std::span<const F* const>, const PixelsOfLines<F>&, const Matrix<SumOf<F>>&);
ADJOINT_FOR_FACTORS(ADJOINT_INSTANTIATE)
#undef ADJOINT_INSTANTIATE

template void sum_along_lines(const JoinedLines<float>&, const SmallGroups<float>&, const Matrix<float>&);
template void sum_along_lines(const JoinedLines<double>&, const SmallGroups<double>&, const Matrix<double>&);

}  // namespace adjoint::direct
